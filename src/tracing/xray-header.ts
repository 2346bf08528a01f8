/** https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader */
export interface XRayHeader {
  /** 32 hexadecimal digits, as OpenTelemetry writes them. */
  traceId?: string;
  /** 16 hexadecimal digits. */
  parentId?: string;
  /** Absent: the caller leaves the decision to whom it calls (`Sampled=?`), or says nothing. */
  sampled?: boolean;
  /** What Lambda and others count their calls by, to find those that never end; it is handed on as it is. */
  lineage?: string;
}

/** Longer ones are not AWS's. */
const MAX_LENGTH = 2048;
const ROOT = /^1-([0-9a-f]{8})-([0-9a-f]{24})$/i;
const PARENT = /^[0-9a-f]{16}$/i;
const LINEAGE = /^[\w:|.-]{1,256}$/;
const NO_ID = /^0+$/;

/**
 * Reads `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=…`, in any order. `Self`, which load balancers
 * add, and fields of the caller's own are passed over; so is a field that can't be read.
 */
export function parseXRayHeader(header: string): XRayHeader {
  const parsed: XRayHeader = {};
  if (header.length > MAX_LENGTH) return parsed;
  // A header that was sent twice arrives joined.
  const [first = ''] = header.split(',', 1);
  for (const field of first.split(';')) {
    const equals = field.indexOf('=');
    if (equals === -1) continue;
    readField(parsed, field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1).trim());
  }
  return parsed;
}

function readField(parsed: XRayHeader, name: string, value: string): void {
  if (name === 'root') {
    const [, seconds, rest] = ROOT.exec(value) ?? [];
    if (seconds !== undefined && rest !== undefined && !NO_ID.test(seconds + rest)) {
      parsed.traceId = (seconds + rest).toLowerCase();
    }
  } else if (name === 'parent') {
    if (PARENT.test(value) && !NO_ID.test(value)) parsed.parentId = value.toLowerCase();
  } else if (name === 'sampled') {
    if (value === '1' || value === '0') parsed.sampled = value === '1';
  } else if (name === 'lineage' && LINEAGE.test(value)) parsed.lineage = value;
}

export interface XRayHeaderFields {
  traceId: string;
  parentId: string;
  sampled: boolean;
  lineage?: string | undefined;
}

export function formatXRayHeader({ traceId, parentId, sampled, lineage }: XRayHeaderFields): string {
  const root = `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`;
  const header = `Root=${root};Parent=${parentId};Sampled=${sampled ? 1 : 0}`;
  return lineage === undefined ? header : `${header};Lineage=${lineage}`;
}
