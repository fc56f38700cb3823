import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';
import type { Log } from '#core/log.ts';
import type { HandlerName } from './environment.ts';

/** The one shape of our log lines (X2): the fields of `core/session/log-line.ts`, null where a line has no such thing. */
class LogLineFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    const item = new LogItem({
      attributes: {
        level: attributes.logLevel.toLowerCase(),
        timestamp: attributes.timestamp.toISOString(),
        component: attributes.serviceName,
        event: attributes.message,
        trace_id: null,
        org: null,
        customer_id: null,
        session_id: null,
        agent_version: null,
        overlay_version: null,
        latency_ms: null,
        request_id: attributes.lambdaContext?.awsRequestId ?? null,
        xray_trace_id: attributes.xRayTraceId ?? null,
      },
    });
    item.addAttributes(additional);
    return item;
  }
}

/** The Powertools logger of one function. `event` is a short name in kebab-case; facts go into fields. */
export const createLogger = (name: HandlerName): Logger =>
  new Logger({ serviceName: `lambda:${name}`, logFormatter: new LogLineFormatter() });

export const logOf = (logger: Logger): Log => ({
  info: (event, fields = {}) => logger.info(event, fields),
  warn: (event, fields = {}) => logger.warn(event, fields),
  error: (event, fields = {}) => logger.error(event, fields),
});
