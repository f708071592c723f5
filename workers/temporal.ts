/** Which Temporal server a project uses, and connections to it. */
import { isIPv4 } from 'node:net';
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { Problem } from '../configs/problem.js';
import { inMs } from './deadline.js';
import { findRunning } from './processes/record.js';
import { projectOf, type Project } from './project/project.js';
import { sealing } from './project/seal.js';
import { LOOPBACK } from './server/ports.js';
import { uiPortOf } from './server/program.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Any of these names a server of one's own. A profile counts only if it is named: its mere presence must not send runs elsewhere. */
const SWITCHES = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'] as const;

const EMBEDDED_NAMESPACE = 'default';
const CONNECT_LIMIT = '2s';
/** Longest that a server may take to answer. The embedded one is known to run: where it is slow, this machine is busy. */
const ANSWER_MS = { embedded: 10_000, other: 2_000 };

/** A proxy that the environment names (`http_proxy`) leads away from this machine. Workers, whose connection is Rust's, ask for none. */
const NO_PROXY = { 'grpc.enable_http_proxy': 0 };

export interface TemporalTarget {
  readonly address: string;
  readonly namespace: string;
  /** True for the server that `emo-aen up` starts. */
  readonly embedded: boolean;
  /** Null where it is not known: a server of one's own. */
  readonly uiUrl: string | null;
  /** For `NativeConnection.connect` of a worker and `Connection.connect` of a client. */
  readonly connection: NativeConnectionOptions;
}

/** Open connection; `close()` it. */
export interface TemporalLink extends Omit<TemporalTarget, 'connection'> {
  readonly connection: Connection;
  readonly client: Client;
  readonly project: Project;
  close(): Promise<void>;
}

/** Whether the surroundings name a server of one's own; then none is embedded. */
export function usesOwnServer(env: Environment = process.env): boolean {
  return SWITCHES.some((name) => (env[name] ?? '') !== '');
}

/** The server that the surroundings name. @throws Problem CONFIGURATION where profile or file cannot be read. */
export function ownServer(env: Environment = process.env): TemporalTarget {
  const given = Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
  try {
    const { connectionOptions, namespace = EMBEDDED_NAMESPACE } = loadClientConnectConfig({ overrideEnvVars: given });
    const address = connectionOptions.address ?? 'localhost:7233';
    return { address, namespace, embedded: false, uiUrl: null, connection: { ...connectionOptions, address } };
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const cure = `check ${SWITCHES.join(', ')}; unset them to use the embedded server`;
    throw new Problem({ code: 'CONFIGURATION', message, where: 'Temporal profile', cure, cause });
  }
}

/** The target of an embedded server on these ports. */
export function embeddedServer(ports: { frontend: number; ui: number | null }): TemporalTarget {
  const address = `${LOOPBACK}:${ports.frontend}`;
  const uiUrl = ports.ui === null ? null : `http://${LOOPBACK}:${ports.ui}`;
  return { address, namespace: EMBEDDED_NAMESPACE, embedded: true, uiUrl, connection: { address } };
}

/** The server that this project uses now. @throws Problem UNREACHABLE where it is the embedded one and does not run. */
export async function temporalTarget(root: string, env: Environment = process.env): Promise<TemporalTarget> {
  if (usesOwnServer(env)) return ownServer(env);
  const running = await findRunning(root, 'server');
  if (running !== null) {
    // The process' own record says where it listens, and whether it has a UI: the record of ports may be damaged, or of a try that came later.
    const frontend = Number(/:(\d+) /.exec(running.target)?.[1]);
    return embeddedServer({ frontend, ui: uiPortOf(running) });
  }
  throw new Problem({ code: 'UNREACHABLE', message: "this project's Temporal server is not running", cure: 'emo-aen up' });
}

/**
 * Connects to the server of this project.
 * @param answerMs longest that the server may take to answer; left out, as long as one that is busy may need
 * @throws Problem UNREACHABLE within seconds where nothing answers.
 */
export async function connectTemporal(root: string, env: Environment = process.env, answerMs?: number): Promise<TemporalLink> {
  const target = await temporalTarget(root, env);
  return connectTo(target, await projectOf(root, env), answerMs);
}

/** @throws Problem UNREACHABLE, as {@link openConnection}. */
export async function connectTo(target: TemporalTarget, project: Project, answerMs?: number): Promise<TemporalLink> {
  const connection = await openConnection(target, answerMs);
  const client = new Client({ connection, namespace: target.namespace, dataConverter: sealing(project) });
  return { ...target, connection, client, project, close: () => connection.close() };
}

/** @throws Problem UNREACHABLE where {@link openConnection} does. */
export async function insistOnAnswer(target: TemporalTarget): Promise<void> {
  await (await openConnection(target)).close();
}

/** @throws Problem UNREACHABLE within about 2 s where nothing listens, within {@link ANSWER_MS} more where nothing answers, or the namespace is unknown. */
async function openConnection(
  target: TemporalTarget,
  answerMs = target.embedded ? ANSWER_MS.embedded : ANSWER_MS.other,
): Promise<Connection> {
  const { address, namespace, embedded } = target;
  const { proxy: _, ...options } = target.connection;
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({
      ...(options as ConnectionOptions),
      connectTimeout: CONNECT_LIMIT,
      ...(isLoopback(address) ? { channelArgs: NO_PROXY } : {}),
    });
    const opened = connection;
    await opened.withDeadline(inMs(answerMs), () => opened.workflowService.describeNamespace({ namespace }));
    return opened;
  } catch (cause) {
    await connection?.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    const cure = embedded ? 'emo-aen up' : `start that server, or unset ${SWITCHES.join(', ')} to use the embedded one`;
    const message = `the Temporal server at ${address} (namespace ${namespace}) does not answer: ${reason}`;
    throw new Problem({ code: 'UNREACHABLE', message, cure, cause });
  }
}

function isLoopback(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
