import http from 'node:http';
import https from 'node:https';
import type { AgentConnectOpts } from 'agent-base';
import { isDirect } from './direct-hosts.js';

/** `0`: whoever sets it wants no proxy of the environment's, as for Node's own agents. */
const SWITCH = 'NODE_USE_ENV_PROXY';
const PROXY_VARIABLES = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'];

/** What Node's agents have without documenting it, and agents of libraries replace. */
interface RequestAgent extends http.Agent {
  addRequest(request: http.ClientRequest, options: http.RequestOptions): void;
}

/** Passes each request on to the agent of its proxy. */
export interface ProxyRouter extends http.Agent {
  /** Those that hold the connections. */
  readonly agents: ReadonlyMap<string, http.Agent>;
}

/**
 * An agent that sends each request through the proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name for its URL,
 * or directly; undefined where they name none. The libraries are loaded only where they name one.
 * @param options for the agents that hold the connections, certificates included
 */
export async function proxyAgent(options: http.AgentOptions): Promise<ProxyRouter | undefined> {
  if (!(await isProxySet())) return undefined;
  const [{ Agent }, { HttpProxyAgent }, { HttpsProxyAgent }] = await Promise.all([
    import('agent-base'),
    import('http-proxy-agent'),
    import('https-proxy-agent'),
  ]);
  const findProxy = await proxyFinder();
  const agents = new Map<string, http.Agent>();
  const create = (isSecure: boolean, proxy: string): http.Agent => {
    if (proxy === '') return plainAgent(isSecure, options);
    if (!isSecure) return new HttpProxyAgent(proxy, options);
    const agent = new HttpsProxyAgent(proxy, options);
    // The library keeps them for the connection to the proxy only; the certificates are for the host behind it.
    Object.assign(agent.options, options);
    return agent;
  };
  const Router = class extends Agent implements ProxyRouter {
    readonly agents = agents;

    /** Node calls it for each new request; the agent of the proxy must change the request before it is written. */
    addRequest(request: http.ClientRequest, to: http.RequestOptions): void {
      const isSecure = this.isSecureEndpoint(to as AgentConnectOpts);
      const proxy = findProxy(isSecure ? 'https:' : 'http:', to.host ?? request.host, to.port);
      const key = `${isSecure} ${proxy}`;
      const agent = agents.get(key) ?? create(isSecure, proxy);
      agents.set(key, agent);
      (agent as RequestAgent).addRequest(request, to);
    }

    override connect(): never {
      throw new Error('the agents behind this one make the connections');
    }

    override destroy(): void {
      for (const agent of agents.values()) agent.destroy();
      super.destroy();
    }
  };
  return new Router({ keepAlive: true });
}

/**
 * An agent for requests to one URL: through the proxy that the environment names for it, or a plain one.
 * @throws as {@link proxyFinder}
 */
export async function agentFor(url: URL, options: http.AgentOptions): Promise<http.Agent> {
  const router = (await proxyOf(url)) && (await proxyAgent(options));
  return router ?? plainAgent(url.protocol === 'https:', options);
}

/** The proxy that the environment names for a URL; undefined: requests go directly. @throws as {@link proxyFinder} */
export async function proxyOf({ protocol, hostname, port }: URL): Promise<URL | undefined> {
  if (isDirect(hostname)) return undefined;
  const find = await proxyFinder();
  const proxy = find(protocol, hostname, port);
  // Asked last: the AWS SDK's loader takes 14 MB.
  return proxy !== '' && (await isProxySet()) ? new URL(proxy) : undefined;
}

function plainAgent(isSecure: boolean, options: http.AgentOptions): http.Agent {
  return isSecure ? new https.Agent(options) : new http.Agent(options);
}

/**
 * Finds the proxy's URL for requests to a host, empty for direct ones.
 * @returns throws Error when the setting is no URL of a proxy
 */
export async function proxyFinder(): Promise<
  (protocol: string, host: string, port?: number | string | null) => string
> {
  const { getProxyForUrl } = await import('proxy-from-env');
  return (protocol, host, port) => {
    const bracketed = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    if (isDirect(bracketed)) return '';
    const proxy = getProxyForUrl(`${protocol}//${bracketed}${port ? `:${port}` : ''}`);
    if (proxy === '' || (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol))) return proxy;
    // Not the value: it may hold a password.
    throw new Error(`the proxy that the environment names for ${protocol}//${host} is no http or https URL`);
  };
}

/** Whether the environment names a proxy, for some hosts at least. */
export async function isProxySet(): Promise<boolean> {
  const { loadConfig } = await import('@smithy/core/config');
  return loadConfig<boolean>({
    environmentVariableSelector: (env) =>
      env[SWITCH]?.trim() !== '0' && PROXY_VARIABLES.some((name) => env[name] || env[name.toLowerCase()]),
    configFileSelector: () => undefined,
    default: false,
  })();
}
