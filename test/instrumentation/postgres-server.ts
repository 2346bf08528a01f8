import { createServer, type Server, type Socket } from 'node:net';

/**
 * Speaks as much of PostgreSQL's protocol (version 3) as `pg` needs to log in and run a prepared or a simple query, and answers each
 * with the same row, or one that begins with `fail` with an error. The benchmarks have it, too.
 */
export function postgresServer(): Server {
  return createServer((socket) => {
    socket.setNoDelay();
    socket.on('error', () => socket.destroy());
    let pending: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    let started = false;
    socket.on('data', (data: Buffer) => {
      pending = pending.length === 0 ? data : Buffer.concat([pending, data]);
      const answers: Buffer[] = [];
      for (;;) {
        const head = started ? 1 : 0;
        if (pending.length < head + 4) break;
        const end = head + pending.readInt32BE(head);
        if (pending.length < end) break;
        const message = pending.subarray(0, end);
        pending = pending.subarray(end);
        if (started) answers.push(...answer(message, socket));
        else if (message.readInt32BE(4) === SSL_REQUEST) answers.push(Buffer.from('N'));
        else {
          started = true;
          answers.push(...WELCOME);
        }
      }
      if (answers.length > 0) socket.write(Buffer.concat(answers));
    });
  });
}

const SSL_REQUEST = 80877103;
const TEXT = 25;
const INT4 = 23;

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

function message(type: string, ...body: Buffer[]): Buffer {
  const content = Buffer.concat(body);
  return Buffer.concat([Buffer.from(type), int32(content.length + 4), content]);
}

function column(name: string, type: number, size: number): Buffer {
  return Buffer.concat([text(name), int32(0), int16(0), int32(type), int16(size), int32(-1), int16(0)]);
}

function value(content: string): Buffer {
  return Buffer.concat([int32(content.length), Buffer.from(content)]);
}

const READY = message('Z', Buffer.from('I'));
const COLUMNS = message('T', int16(2), column('id', INT4, 4), column('name', TEXT, 65535));
const ROW = message('D', int16(2), value('7'), value('Checkout button colour'));
const UNDEFINED_TABLE = message('E', text('SERROR'), text('C42P01'), text('Mno such table'), text(''));
const COMPLETE = message('C', text('SELECT 1'));
const WELCOME = [
  message('R', int32(0)),
  message('S', text('server_version'), text('17.0')),
  message('S', text('client_encoding'), text('UTF8')),
  message('K', int32(1), int32(1)),
  READY,
];

const ANSWERS: Readonly<Record<string, readonly Buffer[]>> = {
  Q: [COLUMNS, ROW, COMPLETE, READY],
  P: [message('1')],
  B: [message('2')],
  D: [COLUMNS],
  E: [ROW, COMPLETE],
  C: [message('3')],
  S: [READY],
  H: [],
};

const FAILING_QUERY = Buffer.from('fail');

function answer(message: Buffer, socket: Socket): readonly Buffer[] {
  const type = String.fromCharCode(message[0] ?? 0);
  if (type === 'X') socket.end();
  if (type === 'Q' && message.subarray(5, 5 + FAILING_QUERY.length).equals(FAILING_QUERY))
    return [UNDEFINED_TABLE, READY];
  return ANSWERS[type] ?? [];
}
