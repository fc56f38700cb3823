const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => escapes[character] ?? character);

/** What `xmlElement` renders: text, numbers, booleans, nested objects; an array repeats its element. */
export type XmlValue = string | number | boolean | undefined | XmlObject | readonly XmlValue[];
export interface XmlObject {
  readonly [name: string]: XmlValue;
}

const content = (value: XmlValue): string => {
  if (value === undefined) return '';
  if (typeof value !== 'object') return escaped(String(value));
  if (Array.isArray(value)) return value.map((item: XmlValue) => xmlElement('member', item)).join('');
  return Object.entries(value)
    .map(([name, child]) =>
      Array.isArray(child) ? child.map((item: XmlValue) => xmlElement(name, item)).join('') : xmlElement(name, child),
    )
    .join('');
};

/** `<name>value</name>`; nothing for undefined. Arrays repeat the element. */
export const xmlElement = (name: string, value: XmlValue, attributes = ''): string =>
  value === undefined ? '' : `<${name}${attributes}>${content(value)}</${name}>`;

export const xmlDocument = (name: string, value: XmlValue, namespace?: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${xmlElement(name, value, namespace === undefined ? '' : ` xmlns="${namespace}"`)}`;
