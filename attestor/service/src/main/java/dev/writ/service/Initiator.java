// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Who set a request in motion, as was proven.
 *
 * @param name {@code oidc:ISSUER:CLAIM} or {@code tls:IDENTITY}, visible ASCII
 * @param proofs what proved it, at least one; kept beside the decision
 */
record Initiator(String name, List<Proof> proofs) {
  /** Longest name, as artifacts have it. */
  static final int MAX_NAME = 256;

  /** What is kept of a proof: enough to find it at whoever gave it, and nothing to show it again. */
  sealed interface Proof {
    /** What is kept. */
    Map<String, Object> toMap();

    /**
     * A token.
     *
     * @param issuer its {@code iss}
     * @param kid the key that signed it
     * @param digest of the token
     * @param issued its {@code iat}
     * @param ends its {@code exp}
     * @param forThisRequest whether it has a nonce, which is then the request's digest
     */
    record Token(
        String issuer,
        String kid,
        Hash digest,
        Instant issued,
        Instant ends,
        boolean forThisRequest)
        implements Proof {
      @Override
      public Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("kind", "oidc");
        map.put("iss", issuer);
        map.put("kid", kid);
        map.put("token_sha256", digest.hex());
        map.put("iat", issued.getEpochSecond());
        map.put("exp", ends.getEpochSecond());
        map.put("for_this_request", forThisRequest);
        return map;
      }
    }

    /**
     * A client's certificate, whose key the client proved to hold in its handshake.
     *
     * @param digest of the certificate
     */
    record Certificate(Hash digest) implements Proof {
      @Override
      public Map<String, Object> toMap() {
        return Map.of("kind", "tls", "certificate_sha256", digest.hex());
      }
    }
  }

  Initiator {
    proofs = List.copyOf(proofs);
  }

  /** Canonical JSON of what is kept. */
  byte[] toJson() {
    return Jcs.canonical(
        Map.of("name", name, "proofs", proofs.stream().map(Proof::toMap).toList()));
  }

  /**
   * A name of what somebody else calls it: as it is, but for percent signs and what is not visible ASCII,
   * which are the percent-encoding of their UTF-8, so that two texts never become one name.
   *
   * @param kind what stands before it
   * @return empty where the text is empty, or too long for a name
   */
  static Optional<String> name(String kind, String text) {
    StringBuilder name = new StringBuilder(kind);
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      if (each > 0x20 && each < 0x7f && each != '%') {
        name.append((char) each);
      } else {
        name.append(String.format("%%%02X", each));
      }
    }
    return text.isEmpty() || name.length() > MAX_NAME
        ? Optional.empty()
        : Optional.of(name.toString());
  }
}
