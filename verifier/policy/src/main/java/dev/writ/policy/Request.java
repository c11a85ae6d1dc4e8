// SPDX-License-Identifier: Apache-2.0
package dev.writ.policy;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is asked for.
 *
 * @param action the verb, such as {@code exec}
 * @param resource what the action is done to
 * @param argsDigest digest of the exact arguments, lower-case hex
 * @param audiences the gateways that may honour the artifact
 * @param tenant on whose behalf
 * @param maxUses how often the artifact may be used
 * @param limits named ceilings for the execution
 * @param depth how many executions stand above this one; 0 for a root
 * @param parent the artifact (its {@code jti}) of the execution that asks for this one; absent for a
 *     root
 * @param exec what the execution is bound to; absent where the action is no execution on a host
 * @param question what an enforcement point asks without Evidence; absent where a host asks for an artifact
 * @param delegable what others may be permitted under it; absent where nothing may
 * @param above the artifact that it is asked for under; absent for a root
 */
public record Request(
    String action,
    String resource,
    String argsDigest,
    List<String> audiences,
    String tenant,
    long maxUses,
    Map<String, Long> limits,
    long depth,
    Optional<String> parent,
    Optional<Exec> exec,
    Optional<Question> question,
    Optional<Delegation> delegable,
    Optional<Delegation.Above> above) {
  static final Struct<Request> STRUCT =
      Struct.<Request>named("Request")
          .optional("above", InputType.ofStruct(Delegation.Above.STRUCT), Request::above)
          .field("action", InputType.TEXT, Request::action)
          .field("args_digest", InputType.TEXT, Request::argsDigest)
          .field("audiences", InputType.listOf(InputType.TEXT), Request::audiences)
          .optional("delegable", InputType.ofStruct(Delegation.STRUCT), Request::delegable)
          .field("depth", InputType.INTEGER, Request::depth)
          .optional("exec", InputType.ofStruct(Exec.STRUCT), Request::exec)
          .field("limits", InputType.mapOf(InputType.INTEGER), Request::limits)
          .field("max_uses", InputType.INTEGER, Request::maxUses)
          .optional("parent", InputType.TEXT, Request::parent)
          .optional("question", InputType.ofStruct(Question.STRUCT), Request::question)
          .field("resource", InputType.TEXT, Request::resource)
          .field("tenant", InputType.TEXT, Request::tenant)
          .build(
              read ->
                  new Request(
                      read.get("action", InputType.TEXT),
                      read.get("resource", InputType.TEXT),
                      read.get("args_digest", InputType.TEXT),
                      read.get("audiences", InputType.listOf(InputType.TEXT)),
                      read.get("tenant", InputType.TEXT),
                      read.get("max_uses", InputType.INTEGER),
                      read.get("limits", InputType.mapOf(InputType.INTEGER)),
                      read.get("depth", InputType.INTEGER),
                      read.optional("parent", InputType.TEXT),
                      read.optional("exec", InputType.ofStruct(Exec.STRUCT)),
                      read.optional("question", InputType.ofStruct(Question.STRUCT)),
                      read.optional("delegable", InputType.ofStruct(Delegation.STRUCT)),
                      read.optional("above", InputType.ofStruct(Delegation.Above.STRUCT))));

  private static final String EXECUTION = "exec";
  private static final String ON_HOST = "exec:";

  /** Whether something is to run on a host that is asked for as itself. */
  boolean isExecutionOnHost() {
    return action.equals(EXECUTION)
        && audiences.stream().anyMatch(audience -> audience.startsWith(ON_HOST));
  }

  /** Copies the collections, so that a decision's inputs cannot change under it. */
  public Request {
    audiences = List.copyOf(audiences);
    limits = Map.copyOf(limits);
  }

  /** What a host asks for by itself, under which nothing is asked for. */
  public Request(
      String action,
      String resource,
      String argsDigest,
      List<String> audiences,
      String tenant,
      long maxUses,
      Map<String, Long> limits,
      long depth,
      Optional<String> parent,
      Optional<Exec> exec) {
    this(
        action,
        resource,
        argsDigest,
        audiences,
        tenant,
        maxUses,
        limits,
        depth,
        parent,
        exec,
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }
}
