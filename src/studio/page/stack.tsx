import { createContext } from 'preact';
import { useContext, useState } from 'preact/hooks';
import type { ErrorSource } from '../views/errors.js';
import { editorLink } from './editor.js';

/** The address that frames link to; null: they are no links. */
export const EditorContext = createContext<string | null>(null);

/** A line of V8's stack, taken apart as far as it can be. */
interface Frame {
  readonly text: string;
  readonly name: string;
  readonly place: string;
  /** Neither a package nor Node itself. */
  readonly own: boolean;
}

function parse(line: string): Frame | undefined {
  if (!/^\s+at /.test(line)) return undefined;
  const text = line.trim().slice('at '.length);
  const open = text.endsWith(')') ? text.lastIndexOf(' (') : -1;
  const place = open === -1 ? text : text.slice(open + 2, -1);
  const own = /:\d+:\d+$/.test(place) && !/(^|\s)node:|[\\/]node_modules[\\/]/.test(place);
  return { text, name: open === -1 ? '' : text.slice(0, open), place, own };
}

/** The frames of the application stand out; those of packages and of Node are folded away until they are asked for. */
export function Stack({ stack }: { readonly stack: string }) {
  const [all, setAll] = useState(false);
  if (stack === '') return null;
  const lines = stack.split('\n').slice(0, 500);
  const firstFrame = lines.findIndex((line) => parse(line) !== undefined);
  const head = (firstFrame === -1 ? lines : lines.slice(0, firstFrame)).join('\n');
  const frames =
    firstFrame === -1
      ? []
      : lines
          .slice(firstFrame)
          .map((line) => parse(line) ?? { text: line.trim(), name: '', place: line.trim(), own: false });
  const foreign = frames.filter(({ own }) => !own).length;
  const folded = !all && foreign > 0 && foreign < frames.length;
  return (
    <div class="stack">
      <p class="head">{head}</p>
      <ol>
        {frames.map((frame, index) =>
          folded && !frame.own ? null : (
            <li key={index} class={frame.own ? 'own' : 'muted'}>
              {frame.name !== '' && <span>{frame.name} </span>}
              <PlaceOfFrame place={frame.place} />
            </li>
          ),
        )}
      </ol>
      {foreign > 0 && foreign < frames.length && (
        <button type="button" class="quiet small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'only frames of the application' : `and ${foreign} frames of packages and Node`}
        </button>
      )}
    </div>
  );
}

function PlaceOfFrame({ place }: { readonly place: string }) {
  const template = useContext(EditorContext);
  const link = template === null ? undefined : editorLink(template, place);
  if (link === undefined) return <code>{place}</code>;
  return (
    <a href={link} title="open in the editor">
      <code>{place}</code>
    </a>
  );
}

/** The lines of code around the place where it was thrown, when the event brings them. */
export function SourceLines({ sources }: { readonly sources: readonly ErrorSource[] }) {
  return (
    <>
      {sources.map((source, index) => (
        <details class="source" open={index === 0} key={`${source.file}:${source.line}`}>
          <summary>
            <code>
              {source.file}:{source.line}
            </code>{' '}
            {source.function !== null && <span class="muted">in {source.function}</span>}
          </summary>
          <pre>
            {source.code.split('\n').map((line, at) => (
              <span class={`line${line.startsWith('>') ? ' thrown' : ''}`} key={at}>
                {line}
              </span>
            ))}
          </pre>
        </details>
      ))}
    </>
  );
}
