// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Act;
import dev.writ.artifact.Artifact;
import dev.writ.artifact.ExecAudience;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.InitiatorToken;
import dev.writ.artifact.ParentProof;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.TpmName;
import java.util.Optional;

/**
 * What a host sends to get an artifact: well formed, no part contradicting another, and nothing of it
 * believed.
 *
 * @param akName the attestation key that is said to have signed the evidence
 * @param challenge that the evidence answers
 * @param request what is to be permitted
 * @param exec what the execution is bound to, of which the request's {@code args_digest} is the digest;
 *     needed where a host would judge it by that, since the policy could not judge it otherwise
 * @param evidence of the host's state
 * @param initiatorToken what an identity provider says of whoever set this in motion
 * @param parentProof that the holder of the parent that the request names wants it; absent where it names
 *     none, and where nothing is shown
 * @param renewed an artifact of the same request, of whose execution this one is to be
 */
public record Application(
    TpmName akName,
    Challenge challenge,
    ExecutionRequest request,
    Optional<ExecBinding> exec,
    Evidence evidence,
    Optional<InitiatorToken> initiatorToken,
    Optional<ParentProof> parentProof,
    Optional<Artifact> renewed) {
  /** One that renews nothing. */
  public Application(
      TpmName akName,
      Challenge challenge,
      ExecutionRequest request,
      Optional<ExecBinding> exec,
      Evidence evidence,
      Optional<InitiatorToken> initiatorToken,
      Optional<ParentProof> parentProof) {
    this(akName, challenge, request, exec, evidence, initiatorToken, parentProof, Optional.empty());
  }

  /**
   * One that names no initiator.
   *
   * @throws IllegalArgumentException as the other
   */
  public Application(
      TpmName akName,
      Challenge challenge,
      ExecutionRequest request,
      Optional<ExecBinding> exec,
      Evidence evidence) {
    this(akName, challenge, request, exec, evidence, Optional.empty(), Optional.empty());
  }

  /**
   * The application as given.
   *
   * @throws IllegalArgumentException if request and binding contradict each other, the binding is
   *     needed and absent, or a parent is proven that the request does not name
   */
  public Application {
    if (parentProof.isPresent() && request.parent().isEmpty()) {
      throw new IllegalArgumentException(
          "JSON, field parent_proof: must be absent where the request names no parent, was present");
    }
    if (exec.isPresent()) {
      requireAgreement(request.act(), exec.get());
    } else if (request.act().action().equals(ExecBinding.ACTION)
        && request.aud().stream().anyMatch(ExecAudience::isMeant)) {
      throw new IllegalArgumentException(
          "JSON, field exec: must be present where act.action is exec and an aud begins with exec:,"
              + " was absent; send the binding that act.args_digest is of");
    }
  }

  private static void requireAgreement(Act act, ExecBinding exec) {
    if (!act.action().equals(ExecBinding.ACTION)) {
      throw new IllegalArgumentException(
          "request, field act.action: must be exec where exec is given, was " + act.action());
    }
    if (!act.resource().equals(exec.path())) {
      throw new IllegalArgumentException(
          "request, field act.resource: must be the path of exec, was another");
    }
    if (!act.argsDigest().equals(exec.digest())) {
      throw new IllegalArgumentException(
          "request, field act.args_digest: must be the digest of exec "
              + exec.digest()
              + ", was "
              + act.argsDigest());
    }
  }
}
