// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Commitment;
import dev.writ.artifact.Ear;
import dev.writ.artifact.ExecBinding;
import dev.writ.artifact.ExecutionRequest;
import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.MalformedArtifactException;
import dev.writ.artifact.MalformedExecBindingException;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.MalformedRequestException;
import dev.writ.artifact.ParentProof;
import dev.writ.artifact.StrictJson;
import dev.writ.evidence.Challenge;
import dev.writ.evidence.KeptEvidence;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.TpmName;
import dev.writ.ledger.Entry;
import dev.writ.policy.Inputs;
import dev.writ.policy.MalformedPolicyException;
import java.util.Optional;

/**
 * What {@link Payload} wrote beside a decision, in any bytes that somebody put there: each member is read by
 * itself, so that one which was changed is named.
 */
final class KeptMembers {
  private static final int MAX_CHALLENGE = 4096;
  private static final int MAX_NAME = 128;
  private static final int MAX_EVIDENCE = 512 * 1024;

  private final JsonMembers json;

  private KeptMembers(JsonMembers json) {
    this.json = json;
  }

  static KeptMembers of(byte[] payload) throws ContradictionException {
    try {
      return new KeptMembers(StrictJson.parse(payload, Entry.MAX_PAYLOAD_BYTES));
    } catch (MalformedJsonException e) {
      throw malformed("payload", e);
    }
  }

  private static ContradictionException malformed(String member, Exception e) {
    return new ContradictionException(
        member, "of the form in which it was written", String.valueOf(e.getMessage()));
  }

  boolean has(String member) {
    return json.has(member);
  }

  /** Of what is written beside every leaf of its kind. */
  void require(String member) throws ContradictionException {
    if (!has(member)) {
      throw new ContradictionException(member, "beside an allow's leaf", "absent");
    }
  }

  TpmName akName() throws ContradictionException {
    try {
      return TpmName.parse(json.base64UrlUpTo("ak_name", MAX_NAME));
    } catch (MalformedJsonException | MalformedEvidenceException e) {
      throw malformed("ak_name", e);
    }
  }

  Challenge challenge() throws ContradictionException {
    try {
      return Challenge.parse(json.base64UrlUpTo("challenge", MAX_CHALLENGE));
    } catch (MalformedJsonException | MalformedEvidenceException e) {
      throw malformed("challenge", e);
    }
  }

  ExecutionRequest request() throws ContradictionException {
    try {
      return ExecutionRequest.take(json.object("request"));
    } catch (MalformedJsonException | MalformedRequestException e) {
      throw malformed("request", e);
    }
  }

  Optional<ExecBinding> exec() throws ContradictionException {
    try {
      return json.has("exec")
          ? Optional.of(ExecBinding.take(json.object("exec")))
          : Optional.empty();
    } catch (MalformedJsonException | MalformedExecBindingException e) {
      throw malformed("exec", e);
    }
  }

  /** What was shown of the parent that the request names. */
  Optional<ParentProof> parent() throws ContradictionException {
    try {
      return json.has("parent")
          ? Optional.of(ParentProof.take(json.object("parent")))
          : Optional.empty();
    } catch (MalformedJsonException | MalformedArtifactException e) {
      throw malformed("parent", e);
    }
  }

  /** The Evidence as it is kept. */
  byte[] evidence() throws ContradictionException {
    try {
      return json.base64UrlUpTo("evidence", MAX_EVIDENCE);
    } catch (MalformedJsonException e) {
      throw malformed("evidence", e);
    }
  }

  static KeptEvidence parsed(byte[] evidence) throws ContradictionException {
    try {
      return KeptEvidence.parse(evidence);
    } catch (MalformedEvidenceException e) {
      throw malformed("evidence", e);
    }
  }

  Ear result() throws ContradictionException {
    try {
      return Ear.take(json.object("ear"));
    } catch (MalformedJsonException | IllegalArgumentException e) {
      throw malformed("ear", e);
    }
  }

  /** What the policy said, of a denial where it came to that and was not too long. */
  Optional<JsonMembers> decision() throws ContradictionException {
    try {
      return json.optionalObject("decision");
    } catch (MalformedJsonException e) {
      throw malformed("decision", e);
    }
  }

  /** What the policy was shown, where it is kept. */
  Optional<Inputs> inputs() throws ContradictionException {
    try {
      return has("inputs") ? Optional.of(Inputs.parse(canonical("inputs"))) : Optional.empty();
    } catch (MalformedPolicyException e) {
      throw malformed("inputs", e);
    }
  }

  String text(String member) throws ContradictionException {
    try {
      return json.text(member);
    } catch (MalformedJsonException e) {
      throw malformed(member, e);
    }
  }

  byte[] salt(String member) throws ContradictionException {
    try {
      return json.base64Url(member, Commitment.SALT_BYTES);
    } catch (MalformedJsonException e) {
      throw malformed(member, e);
    }
  }

  /** The canonical bytes of a member. */
  byte[] canonical(String member) throws ContradictionException {
    try {
      return json.canonical(member);
    } catch (MalformedJsonException e) {
      throw malformed(member, e);
    }
  }
}
