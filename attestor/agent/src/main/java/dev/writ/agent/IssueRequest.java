// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.Artifact;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.ParentProof;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.TpmName;
import java.util.Optional;

/**
 * Asks for an artifact, with all that the service needs to decide.
 *
 * @param attestationKey name of the key that signed the Evidence
 * @param request what is to be permitted; its digest is in the quote
 * @param exec what the execution is bound to, of which the request's {@code args_digest} is the digest;
 *     needed for an execution on a host
 * @param challenge the challenge that the quote answers
 * @param evidence the quote, its PCR values, and the instance key's certification
 * @param parentProof that the holder of the parent that the request names wants it
 * @param renewed an artifact of the same request, whose execution is to go on
 */
public record IssueRequest(
    TpmName attestationKey,
    ExecutionRequest request,
    Optional<ExecBinding> exec,
    Challenge challenge,
    Evidence evidence,
    Optional<ParentProof> parentProof,
    Optional<Artifact> renewed) {
  /** One that renews nothing. */
  public IssueRequest(
      TpmName attestationKey,
      ExecutionRequest request,
      Optional<ExecBinding> exec,
      Challenge challenge,
      Evidence evidence,
      Optional<ParentProof> parentProof) {
    this(attestationKey, request, exec, challenge, evidence, parentProof, Optional.empty());
  }

  /** One that is asked for under no other artifact. */
  public IssueRequest(
      TpmName attestationKey,
      ExecutionRequest request,
      Optional<ExecBinding> exec,
      Challenge challenge,
      Evidence evidence) {
    this(attestationKey, request, exec, challenge, evidence, Optional.empty());
  }

  /** The same, by which an artifact's execution goes on. */
  public IssueRequest renewing(Artifact held) {
    return new IssueRequest(
        attestationKey, request, exec, challenge, evidence, parentProof, Optional.of(held));
  }
}
