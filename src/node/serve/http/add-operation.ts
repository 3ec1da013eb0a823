import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Access } from "../access/access.js";
import { shownText } from "../access/shown-text.js";
import type { Operation } from "../api/operations.js";
import type { Answer } from "../api/schema.js";
import { ServeError } from "../serve-error.js";

/** What an operation's path holds. */
type Params<O extends Operation> = z.infer<O["params"]>;

/** The JSON of the answer; undefined for 204; the reply if the handler sends another body by it. */
type Result<O extends Operation> = O["success"] extends { readonly json: infer J extends z.ZodType }
  ? Answer<J>
  : O["success"] extends { readonly media: string }
    ? FastifyReply
    : undefined;

/** How the server carries out an operation. */
interface Handler<O extends Operation> {
  /**
   * The stream that the request is about, for `Access`; `*` is all streams. Paths are not checked
   * yet.
   */
  about(params: Params<O>): string;
  run(params: Params<O>, request: FastifyRequest, reply: FastifyReply): Result<O> | Promise<Result<O>>;
  /** Answers HEAD. Without it fastify runs the operation and leaves out the body. */
  head?(params: Params<O>, reply: FastifyReply): FastifyReply;
  /** Hears why a request was refused, before its answer is sent. */
  onRefused?(params: Params<O>, request: FastifyRequest, error: ServeError): void;
}

/**
 * Adds the route of an operation. It checks the token, then the path, and answers with the status
 * of success.
 */
export function addOperation<O extends Operation>(
  app: FastifyInstance,
  operation: O,
  access: Access,
  handler: Handler<O>,
): void {
  const { method, success } = operation;
  const { head, onRefused } = handler;
  const url = operation.path.replace(/\{(\w+)\}/g, ":$1");
  const onRequest = async ({ raw, params }: FastifyRequest) => {
    if (operation.access === "none") return;
    access.check(operation.access, handler.about(params as Params<O>), raw);
  };
  app.route({
    method,
    url,
    exposeHeadRoute: method === "GET" && !head,
    onRequest,
    handler: async (request, reply) => {
      const params = paramsOf(operation, request);
      // To await a reply is to wait until it is sent.
      if (success.media !== undefined) return handler.run(params, request, reply);
      return reply.status(success.status).send(await handler.run(params, request, reply));
    },
    onError: async (request, _reply, error) => {
      if (error instanceof ServeError) onRefused?.(request.params as Params<O>, request, error);
    },
  });
  if (!head) return;
  app.head(url, { onRequest }, async (request, reply) => head(paramsOf(operation, request), reply));
}

/**
 * @throws ServeError `NALIVE_INVALID_ARGUMENT` for a path that does not fit the operation's schema
 */
function paramsOf<O extends Operation>({ params }: O, request: FastifyRequest): Params<O> {
  const result = params.safeParse(request.params);
  if (result.success) return result.data as Params<O>;
  const [issue] = result.error.issues;
  const name = String(issue?.path[0]);
  const came = JSON.stringify(shownText((request.params as Record<string, string>)[name] ?? ""));
  throw new ServeError("NALIVE_INVALID_ARGUMENT", `The ${name} in the path was ${came}, ${issue?.message}`);
}
