// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Act;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.StrictJson;
import dev.writ.tlog.Hash;

/**
 * A request as a workload's owner writes it down: {@code {v, aud[], tenant, sub, act {…}, parent?}}. Issuer
 * and key are not in it: the one is the trust file's, the other this host's.
 */
final class RequestFile {
  private static final int MAX_AUDIENCE = 16;
  private static final int MAX_LIMITS = 16;

  private RequestFile() {}

  /** The request that {@code json} asks of {@code issuer}; its key is all zeros. */
  static ExecutionRequest parse(byte[] json, String issuer) throws MalformedJsonException {
    JsonMembers members = StrictJson.parse(json, ExecutionRequest.MAX_BYTES);
    members.version();
    ExecutionRequest request =
        new ExecutionRequest(
            issuer,
            members.texts("aud", MAX_AUDIENCE),
            members.text("tenant"),
            members.text("sub"),
            act(members.object("act")),
            members.optionalUuid("parent"),
            Hash.of(new byte[Hash.BYTES]));
    members.end();
    return request;
  }

  private static Act act(JsonMembers members) throws MalformedJsonException {
    Act act =
        new Act(
            members.text("action"),
            members.text("resource"),
            members.hash("args_digest"),
            members.object("limits").allIntegers(MAX_LIMITS),
            members.has("max_uses")
                ? (int) members.integer("max_uses", 1, Integer.MAX_VALUE)
                : Act.UNCOUNTED);
    members.end();
    return act;
  }
}
