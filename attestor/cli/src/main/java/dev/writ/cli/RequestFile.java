// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.artifact.Act;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.Jcs;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedDocumentException;
import dev.writ.artifact.StrictJson;
import dev.writ.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A request as a workload's owner writes it down: {@code {v, aud[], tenant, sub, act {…}, parent?, exec?}}.
 * Issuer and key are not in it: the one is the trust file's, the other this host's.
 *
 * @param request its issuer as told, its key all zeros
 * @param exec the execution in full, of which {@code act.args_digest} is the digest
 */
record RequestFile(ExecutionRequest request, Optional<ExecBinding> exec) {
  /** Longest file accepted, in bytes. */
  static final int MAX_BYTES = ExecutionRequest.MAX_BYTES + ExecBinding.MAX_BYTES;

  private static final int MAX_AUDIENCE = 16;

  /** The request that {@code json} asks of {@code issuer}. */
  static RequestFile parse(byte[] json, String issuer) throws MalformedDocumentException {
    JsonMembers members = StrictJson.parse(json, MAX_BYTES);
    members.version();
    ExecutionRequest request =
        new ExecutionRequest(
            issuer,
            members.texts("aud", MAX_AUDIENCE),
            members.text("tenant"),
            members.text("sub"),
            Act.take(members.object("act")),
            members.optionalUuid("parent"),
            Hash.of(new byte[Hash.BYTES]));
    Optional<ExecBinding> exec =
        members.has("exec")
            ? Optional.of(ExecBinding.take(members.object("exec")))
            : Optional.empty();
    members.end();
    if (exec.isPresent() && !exec.get().digest().equals(request.act().argsDigest())) {
      throw new IllegalArgumentException(
          "act.args_digest must be the digest of exec, "
              + exec.get().digest().hex()
              + ", and is "
              + request.act().argsDigest().hex());
    }
    return new RequestFile(request, exec);
  }

  /** The file that is read as this. */
  byte[] toJson() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("v", 1);
    map.put("aud", request.aud());
    map.put("tenant", request.tenant());
    map.put("sub", request.sub());
    map.put("act", request.act().toMap());
    request.parent().ifPresent(jti -> map.put("parent", jti.toString()));
    byte[] others = Jcs.canonical(map);
    if (exec.isEmpty()) {
      return others;
    }
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    json.write(others, 0, others.length - 1);
    json.writeBytes(",\"exec\":".getBytes(StandardCharsets.US_ASCII));
    json.writeBytes(exec.get().jcs());
    json.write('}');
    return json.toByteArray();
  }
}
