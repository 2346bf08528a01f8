import { useEffect, useRef } from 'preact/hooks';

const KEYS = [
  ['space', 'pause, go on'],
  ['/', 'search in the view'],
  ['↓', 'from the view or its search into the list'],
  ['↑ ↓', 'previous, next line of a list'],
  ['enter', 'open it'],
  ['?', 'this'],
];

export function Help({
  onClose,
  views,
}: {
  readonly onClose: () => void;
  readonly views: readonly { readonly title: string; readonly key: string }[];
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-label="keyboard">
      <h2>Keyboard</h2>
      <dl>
        {views.map(({ title, key }) => (
          <div key={key}>
            <dt>
              <kbd>g</kbd> <kbd>{key}</kbd>
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit">close</button>
      </form>
    </dialog>
  );
}
