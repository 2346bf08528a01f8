import { spawn } from 'node:child_process';

const OPENERS = { darwin: 'open', win32: 'explorer.exe', linux: 'xdg-open' };

/** Opens the address where there is somebody to look at it: never in CI, nor on a machine without a display. */
export function openBrowser(url, env) {
  const opener = OPENERS[process.platform];
  const display = process.platform !== 'linux' || env.DISPLAY || env.WAYLAND_DISPLAY;
  if (!opener || !display || env.CI || env.SSH_CONNECTION) return;
  // Without an opener the address on the screen has to do.
  spawn(opener, [url], { detached: true, stdio: 'ignore' })
    .on('error', () => {})
    .unref();
}
