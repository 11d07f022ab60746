import { type Fields, isFields, textIn } from "./objects.ts";
import { messages } from "./protobufMessages.ts";
import { badRequest } from "./refusal.ts";

/**
 * Reads the body of a request: JSON, or `k8s\0` and a protobuf envelope, which client-go's typed clients send and
 * buildx with them. Undefined for an empty one.
 *
 * @throws {Refusal} neither of the two
 */
export function readBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  if (body.subarray(0, 4).toString("latin1") !== "k8s\0") return parseJson(body.toString("utf8"));
  const { typeMeta, raw } = decode(body.subarray(4), "Unknown");
  const type = isFields(typeMeta) ? typeMeta : {};
  const message = textIn(type, "kind");
  if (!(message in messages)) throw badRequest(`the stand-in does not read ${message} in protobuf`);
  return { ...type, ...decode(raw instanceof Uint8Array ? Buffer.from(raw) : Buffer.alloc(0), message) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("the object provided is unrecognized");
  }
}

/** A place in a message. */
class Reader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  varint(): number {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#bytes[this.#offset++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return Number(BigInt.asIntN(64, value));
    }
  }

  bytes(length: number): Buffer {
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }
}

function decode(bytes: Buffer, message: string): Fields {
  const fields = messages[message] ?? {};
  const result: Record<string, unknown> = {};
  for (const reader = new Reader(bytes); !reader.isAtEnd;) {
    const tag = reader.varint();
    const [name, type = ""] = (fields[tag >>> 3] ?? "").split(":");
    const value = readValue(reader, tag & 7, type.replace(/^[*%]/, ""), type.startsWith("%"));
    // Empty texts are always sent; in JSON they are left out.
    if (name === undefined || type === "" || value === undefined || value === "") continue;
    if (type.startsWith("%")) result[name] = { ...(result[name] as Fields | undefined), ...(value as Fields) };
    else if (type.startsWith("*")) result[name] = [...((result[name] as unknown[] | undefined) ?? []), value];
    else if (name === "")
      Object.assign(result, value); // a message that is part of this one in JSON
    else result[name] = value;
  }
  return result;
}

function readValue(reader: Reader, wireType: number, type: string, isMap: boolean): unknown {
  switch (wireType) {
    case 0: {
      const number = reader.varint();
      return type === "bool" ? number !== 0 : number;
    }
    case 1:
      reader.bytes(8);
      return undefined;
    case 5:
      reader.bytes(4);
      return undefined;
    default: {
      const bytes = reader.bytes(reader.varint());
      return isMap ? readMapEntry(bytes, type) : readBytes(bytes, type);
    }
  }
}

function readMapEntry(bytes: Buffer, type: string): Fields {
  const reader = new Reader(bytes);
  const entry: unknown[] = ["", ""];
  while (!reader.isAtEnd) {
    const tag = reader.varint();
    const part = reader.bytes(reader.varint());
    entry[(tag >>> 3) - 1] = readBytes(part, tag >>> 3 === 1 ? "string" : type);
  }
  return { [String(entry[0])]: entry[1] };
}

function readBytes(bytes: Buffer, type: string): unknown {
  switch (type) {
    case "":
      return undefined; // a field that nobody here needs
    case "string":
      return bytes.toString("utf8");
    case "raw":
      return bytes;
    case "base64":
      return bytes.toString("base64");
    case "quantity":
      return decode(bytes, "Quantity")["string"] ?? "0";
    default:
      return decode(bytes, type);
  }
}
