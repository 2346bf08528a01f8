// The first line of an application: how many milliseconds after the process began.
require('node:fs').writeSync(1, String(performance.now()));
