// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Of which host and of which decision an appraisal is: a private claim of its {@code submods} member.
 * Without it an Attestation Result would be about whoever presents it.
 *
 * @param akName name of the attestation key whose quote was appraised: which TPM
 * @param decision to which the appraisal led
 */
public record AppraisedSubject(AkName akName, Decision decision) {
  /** The claim's name. */
  public static final String CLAIM = "ear_writ_subject";

  private static final String ARTIFACT_DIGEST = "artifact_digest";

  /** To what an appraisal led. */
  public sealed interface Decision {
    /**
     * An artifact was issued.
     *
     * @param jkt RFC 7638 thumbprint of its holder's key
     * @param artifactDigest of {@link Artifact#digest}
     */
    record Allowed(Hash jkt, Hash artifactDigest) implements Decision {}

    /**
     * None was.
     *
     * @param leafIndex of the denial's leaf
     * @param leafHash the leaf's RFC 6962 hash
     */
    record Denied(long leafIndex, Hash leafHash) implements Decision {
      /**
       * The denial as given.
       *
       * @throws IllegalArgumentException if the index is no leaf's
       */
      public Denied {
        Require.between("ear.submods.ear_writ_subject.leaf_index", leafIndex, 0, Require.MAX_EXACT);
      }
    }
  }

  /** Its members as they stand in JSON. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("ak_name", akName.base64Url());
    if (decision instanceof Decision.Allowed allowed) {
      map.put("jkt", Base64Url.encode(allowed.jkt().bytes()));
      map.put(ARTIFACT_DIGEST, allowed.artifactDigest().hex());
    } else {
      Decision.Denied denied = (Decision.Denied) decision;
      map.put("leaf_index", denied.leafIndex());
      map.put("leaf_hash", denied.leafHash().hex());
    }
    return map;
  }

  static AppraisedSubject take(JsonMembers json) throws MalformedJsonException {
    AkName akName = new AkName(json.text("ak_name"));
    Decision decision =
        json.has(ARTIFACT_DIGEST)
            ? new Decision.Allowed(json.thumbprint("jkt"), json.hash(ARTIFACT_DIGEST))
            : new Decision.Denied(
                json.integer("leaf_index", 0, Require.MAX_EXACT), json.hash("leaf_hash"));
    json.end();
    return new AppraisedSubject(akName, decision);
  }
}
