// PostgreSQL without an installation: PGlite, which is PostgreSQL as WebAssembly, behind PostgreSQL's own protocol. It has one session.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';

const SSL_REQUEST = 80877103;
const TERMINATE = 'X'.charCodeAt(0);
/** An empty database, as `initdb` makes it: to load it takes a third of the time that `initdb` takes. */
const EMPTY = join(dirname(fileURLToPath(import.meta.resolve('@electric-sql/pglite'))), '../.empty-database.tgz');

async function open() {
  const kept = readEmpty();
  if (kept !== undefined) return PGlite.create({ loadDataDir: new Blob([kept]) });
  const database = await PGlite.create();
  await keepEmpty(database);
  return database;
}

function readEmpty() {
  try {
    return readFileSync(EMPTY);
  } catch {
    return undefined;
  }
}

async function keepEmpty(database) {
  const dump = await database.dumpDataDir('gzip');
  try {
    mkdirSync(dirname(EMPTY), { recursive: true });
    writeFileSync(`${EMPTY}.${process.pid}`, Buffer.from(await dump.arrayBuffer()));
    renameSync(`${EMPTY}.${process.pid}`, EMPTY);
  } catch {
    // Where nothing can be written, each start runs `initdb`.
  }
}

// Who connects before it is open waits.
const opened = open();

const server = createServer((socket) => {
  let answered = opened;
  socket.on('error', () => socket.destroy());
  socket.on('data', (data) => {
    if (data.length === 8 && data.readInt32BE(4) === SSL_REQUEST) return socket.write('N');
    if (data[0] === TERMINATE) return;
    answered = answered.then(async (database) => {
      socket.write(await database.execProtocolRaw(data));
      return database;
    });
  });
});

server.listen(0, '127.0.0.1', () => {
  console.log(`database on postgres://postgres@127.0.0.1:${server.address().port}/postgres`);
});
