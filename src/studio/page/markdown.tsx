import { lexer, type Token, type Tokens } from 'marked';
import type { ComponentChildren } from 'preact';

/**
 * Markdown of text widgets as nodes of the page: no HTML is ever made of it. HTML in it is shown as the text that it is; links go where
 * a link may go, and images, which would be fetched from elsewhere, become links.
 */
export function Markdown({ text }: { readonly text: string }) {
  return <div class="markdown">{blocks(lexer(text.slice(0, MAX_LENGTH)))}</div>;
}

const MAX_LENGTH = 100_000;

const blocks = (tokens: readonly Token[]): ComponentChildren =>
  tokens.map((token, index) => <Block key={index} token={token} />);

function Block({ token }: { readonly token: Token }): preact.JSX.Element | null {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading':
      return <Heading token={token as Tokens.Heading} />;
    case 'paragraph':
      return <p>{inline(token.tokens)}</p>;
    case 'text':
      return <span>{token.tokens === undefined ? plain(token) : inline(token.tokens)}</span>;
    case 'code':
      return (
        <pre>
          <code>{(token as Tokens.Code).text}</code>
        </pre>
      );
    case 'blockquote':
      return <blockquote>{blocks(token.tokens ?? [])}</blockquote>;
    case 'hr':
      return <hr />;
    case 'list':
      return <List token={token as Tokens.List} />;
    case 'table':
      return <Table token={token as Tokens.Table} />;
    default:
      return <p>{token.raw}</p>;
  }
}

function Heading({ token }: { readonly token: Tokens.Heading }) {
  const content = inline(token.tokens);
  if (token.depth === 1) return <h2 class="h1">{content}</h2>;
  if (token.depth === 2) return <h3 class="h2">{content}</h3>;
  return <h4>{content}</h4>;
}

function List({ token }: { readonly token: Tokens.List }) {
  const items = token.items.map((item, index) => <li key={index}>{blocks(item.tokens)}</li>);
  return token.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
}

function Table({ token }: { readonly token: Tokens.Table }) {
  return (
    <table>
      <thead>
        <tr>
          {token.header.map((cell, index) => (
            <th scope="col" key={index}>
              {inline(cell.tokens)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {token.rows.map((row, index) => (
          <tr key={index}>
            {row.map((cell, column) => (
              <td key={column}>{inline(cell.tokens)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const inline = (tokens: readonly Token[] | undefined): ComponentChildren =>
  (tokens ?? []).map((token, index) => <Inline key={index} token={token} />);

/** What the lexer escaped for HTML, as it was written. */
const plain = (token: Token): string => ('text' in token ? String(token.text) : token.raw);

function Inline({ token }: { readonly token: Token }): preact.JSX.Element {
  switch (token.type) {
    case 'strong':
      return <strong>{inline(token.tokens)}</strong>;
    case 'em':
      return <em>{inline(token.tokens)}</em>;
    case 'del':
      return <del>{inline(token.tokens)}</del>;
    case 'codespan':
      return <code>{plain(token)}</code>;
    case 'br':
      return <br />;
    case 'link':
      return <Link href={(token as Tokens.Link).href}>{inline(token.tokens)}</Link>;
    case 'image':
      return <Link href={(token as Tokens.Image).href}>{(token as Tokens.Image).text || 'image'}</Link>;
    case 'text':
    case 'escape':
      return <>{'tokens' in token && token.tokens !== undefined ? inline(token.tokens) : plain(token)}</>;
    default:
      return <>{token.raw}</>;
  }
}

function Link({ href, children }: { readonly href: string; readonly children: ComponentChildren }) {
  const safe = /^(https?:\/\/|mailto:|#)/i.test(href);
  return safe ? (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  ) : (
    <span title={href}>{children}</span>
  );
}
