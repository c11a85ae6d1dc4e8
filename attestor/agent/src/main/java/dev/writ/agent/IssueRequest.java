// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

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
 */
public record IssueRequest(
    TpmName attestationKey,
    ExecutionRequest request,
    Optional<ExecBinding> exec,
    Challenge challenge,
    Evidence evidence,
    Optional<ParentProof> parentProof) {
  /** One that is asked for under no other artifact. */
  public IssueRequest(
      TpmName attestationKey,
      ExecutionRequest request,
      Optional<ExecBinding> exec,
      Challenge challenge,
      Evidence evidence) {
    this(attestationKey, request, exec, challenge, evidence, Optional.empty());
  }
}
