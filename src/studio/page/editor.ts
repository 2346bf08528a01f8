/** An absolute path or file URL, with line and column. */
const PLACE = /^(?:file:\/\/)?(\/.+|[A-Za-z]:[\\/].+):(\d{1,9}):(\d{1,9})$/;

/**
 * The address that opens the place of a frame in an editor; undefined: the place is no file of this machine.
 *
 * @param template as `MONITORING_EDITOR` has it, with `{file}`, `{line}` and `{column}`
 */
export function editorLink(template: string, place: string): string | undefined {
  const [, path = '', line = '', column = ''] = PLACE.exec(place) ?? [];
  if (path === '') return undefined;
  const file = encodeURI(path.replaceAll('\\', '/')).replace(/[?#]/g, encodeURIComponent);
  return template.replace(/\/?\{(file|line|column)\}/g, (found, name: string) => {
    const value = { file, line, column }[name] ?? '';
    return found.startsWith('/') && !value.startsWith('/') ? `/${value}` : value;
  });
}
