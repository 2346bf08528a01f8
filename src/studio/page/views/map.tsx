import type { MapEdge, MapNode, ServiceMap } from '../../views/service-map.js';
import { count, figure, milliseconds, percent } from '../format.js';
import { useView } from '../live.js';
import { Empty, Head, Panel, Scroll, WhenLoaded } from '../parts.js';

export function MapPage() {
  const map = useView<ServiceMap>('/api/service-map', ['spans']);
  return (
    <WhenLoaded of={map}>
      {(data) =>
        data.edges.length === 0 ? (
          <Empty>
            <h2>No services yet</h2>
            <p>The map is drawn from spans of servers and clients; none has arrived in this range.</p>
          </Empty>
        ) : (
          <>
            <Panel
              title="Who calls whom"
              aside={
                <span class="muted">
                  from {data.traces === 1 ? '1 trace' : `${count(data.traces)} traces`} held here
                </span>
              }
            >
              <Drawing map={data} />
            </Panel>
            <Panel title="The same as a table">
              <Table map={data} />
            </Panel>
          </>
        )
      }
    </WhenLoaded>
  );
}

const NODE = { width: 178, height: 50, gapX: 132, gapY: 26 };

interface Placed extends MapNode {
  readonly x: number;
  readonly y: number;
}

/** Callers to the left of what they call; whoever is in a circle stays where it was first met. */
function place({ nodes, edges }: ServiceMap): Map<string, Placed> {
  const levels = new Map<string, number>(nodes.map(({ name }) => [name, 0]));
  for (let round = 0; round < nodes.length; round += 1) {
    let moved = false;
    for (const { from, to } of edges) {
      const level = (levels.get(from) ?? 0) + 1;
      if (from === to || level > round + 1 || (levels.get(to) ?? 0) >= level) continue;
      levels.set(to, level);
      moved = true;
    }
    if (!moved) break;
  }
  const columns = new Map<number, MapNode[]>();
  for (const node of nodes) {
    const level = levels.get(node.name) ?? 0;
    columns.set(level, [...(columns.get(level) ?? []), node]);
  }
  const tallest = Math.max(...[...columns.values()].map(({ length }) => length));
  const placed = new Map<string, Placed>();
  for (const [level, column] of columns) {
    const top = ((tallest - column.length) * (NODE.height + NODE.gapY)) / 2;
    for (const [row, node] of column.entries()) {
      placed.set(node.name, { ...node, x: level * (NODE.width + NODE.gapX), y: top + row * (NODE.height + NODE.gapY) });
    }
  }
  return placed;
}

const KIND_WORDS: Readonly<Record<MapNode['kind'], string>> = {
  service: 'service',
  database: 'database',
  messaging: 'queue',
  remote: 'host',
  client: 'callers',
};

function Drawing({ map }: { readonly map: ServiceMap }) {
  const placed = place(map);
  const all = [...placed.values()];
  const width = Math.max(...all.map(({ x }) => x)) + NODE.width;
  const height = Math.max(...all.map(({ y }) => y)) + NODE.height;
  return (
    <Scroll label="map of services">
      <svg
        class="map"
        viewBox={`-6 -26 ${width + 12} ${height + 44}`}
        width={width + 12}
        height={height + 44}
        role="img"
        aria-label={`${map.nodes.length} nodes and ${map.edges.length} connections; the table below has them`}
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerUnits="userSpaceOnUse"
            markerWidth="9"
            markerHeight="9"
            orient="auto"
          >
            <path d="M0 0 8 4 0 8z" />
          </marker>
        </defs>
        {map.edges.map((edge) => (
          <Edge key={`${edge.from} ${edge.to}`} edge={edge} from={placed.get(edge.from)} to={placed.get(edge.to)} />
        ))}
        {all.map((node) => (
          <g
            key={node.name}
            transform={`translate(${node.x} ${node.y})`}
            class={`node ${node.kind}${node.faults > 0 ? ' faulty' : ''}`}
          >
            <rect width={NODE.width} height={NODE.height} rx={node.kind === 'database' ? 20 : 9} />
            <text x={NODE.width / 2} y={21} text-anchor="middle">
              {node.name.length > 20 ? `${node.name.slice(0, 19)}…` : node.name}
            </text>
            <text x={NODE.width / 2} y={38} text-anchor="middle" class="small">
              {KIND_WORDS[node.kind]}
              {node.count > 0 && ` · ${count(node.count)}`}
              {node.faults > 0 && ` · ${percent(node.faults / node.count)} failed`}
            </text>
            <title>{node.name}</title>
          </g>
        ))}
      </svg>
    </Scroll>
  );
}

function Edge({
  edge,
  from,
  to,
}: {
  readonly edge: MapEdge;
  readonly from: Placed | undefined;
  readonly to: Placed | undefined;
}) {
  if (from === undefined || to === undefined || from === to) return null;
  const [x1, y1] = [from.x + NODE.width, from.y + NODE.height / 2];
  const [x2, y2] = [to.x - 2, to.y + NODE.height / 2];
  const bend = Math.max((x2 - x1) / 2, 30);
  const label = edge.faults > 0 ? `${percent(edge.faults / edge.count)} failed` : `p99 ${milliseconds(edge.p99)}`;
  return (
    <g class={`edge${edge.faults > 0 ? ' faulty' : ''}`}>
      <path
        d={`M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`}
        stroke-width={1 + Math.min(Math.log10(edge.count + 1), 3)}
        marker-end="url(#arrow)"
      />
      <text x={(x1 + x2) / 2} y={(y1 + y2) / 2 - 7} text-anchor="middle" class="small">
        {label}
      </text>
    </g>
  );
}

function Table({ map }: { readonly map: ServiceMap }) {
  const seconds = map.duration / 1000;
  return (
    <Scroll label="map of services, as a table">
      <table>
        <Head texts={['from', 'to']} numbers={['calls', 'a second', 'failed', 'p50', 'p99']} />
        <tbody>
          {map.edges.map((edge) => (
            <tr key={`${edge.from} ${edge.to}`}>
              <th scope="row">{edge.from}</th>
              <td>{edge.to}</td>
              <td class="number">{count(edge.count)}</td>
              <td class="number">{seconds < 1 ? '–' : figure(edge.count / seconds)}</td>
              <td class={`number${edge.faults > 0 ? ' bad-text' : ''}`}>{percent(edge.faults / edge.count)}</td>
              <td class="number">{milliseconds(edge.p50)}</td>
              <td class="number">{milliseconds(edge.p99)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
