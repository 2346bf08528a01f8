import { options, type VNode } from 'preact';

/**
 * Characters that turn the direction of text, and those that are not seen at all: text of others must not hide what it says.
 * Unicode 16, "Bidirectional Algorithm", and Trojan Source (CVE-2021-42574).
 */
const CONTROLS = /[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The same text with such characters written out: `⟨U+202E⟩`. */
export const showControls = (text: string): string =>
  text.replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return `⟨U+${code}⟩`;
  });

const SHOWN_ATTRIBUTES = ['title', 'aria-label', 'label', 'placeholder'];

function shown(child: unknown): unknown {
  if (typeof child === 'string') return showControls(child);
  return Array.isArray(child) ? child.map(shown) : child;
}

/** Every text and title that the page draws goes through {@link showControls}; links and form values stay as they are. */
export function showControlsEverywhere(): void {
  const before = options.vnode;
  options.vnode = (vnode: VNode) => {
    if (typeof vnode.type === 'string') {
      const props = vnode.props as Record<string, unknown>;
      if ('children' in props) props.children = shown(props.children);
      for (const name of SHOWN_ATTRIBUTES) {
        const value = props[name];
        if (typeof value === 'string') props[name] = showControls(value);
      }
    }
    before?.(vnode);
  };
}
