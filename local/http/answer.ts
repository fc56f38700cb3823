import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AwsError } from './aws-error.ts';
import { type XmlObject, xmlDocument } from './xml.ts';

const send = (response: ServerResponse, status: number, contentType: string, body: string): void => {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'x-amzn-requestid': randomUUID(),
  });
  response.end(body);
};

export const answerJson = (response: ServerResponse, contentType: string, body: object): void =>
  send(response, 200, contentType, JSON.stringify(body));

/** `__type` and `message`, as AWS JSON has them; the header carries the code for clients that look there. */
export const answerJsonError = (response: ServerResponse, contentType: string, error: AwsError): void => {
  if (!response.headersSent) response.setHeader('x-amzn-errortype', error.code);
  const body = { __type: error.code, message: error.message, Message: error.message, ...error.fields };
  send(response, error.status, contentType, JSON.stringify(body));
};

export const answerQuery = (response: ServerResponse, action: string, namespace: string, result: object): void =>
  send(
    response,
    200,
    'text/xml',
    xmlDocument(
      `${action}Response`,
      { [`${action}Result`]: result as XmlObject, ResponseMetadata: { RequestId: randomUUID() } },
      namespace,
    ),
  );

export const answerQueryError = (response: ServerResponse, namespace: string, error: AwsError): void =>
  send(
    response,
    error.status,
    'text/xml',
    xmlDocument(
      'ErrorResponse',
      {
        Error: { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message },
        RequestId: randomUUID(),
      },
      namespace,
    ),
  );

export const answerXml = (response: ServerResponse, name: string, value: XmlObject, namespace: string): void =>
  send(response, 200, 'application/xml', xmlDocument(name, value, namespace));

export const answerRestXmlError = (response: ServerResponse, error: AwsError): void =>
  send(response, error.status, 'application/xml', xmlDocument('Error', { Code: error.code, Message: error.message }));
