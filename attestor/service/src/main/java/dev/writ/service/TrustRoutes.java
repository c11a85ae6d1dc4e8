// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.Jcs;
import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.TrustContent;
import dev.writ.artifact.TrustedKey;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What verifiers follow: the published trust files, each at its version, and the newest one's keys for
 * JOSE libraries. Nobody believes them for where they are read.
 */
final class TrustRoutes {
  private static final CharSequence JWK_SET =
      HttpHeaders.createOptimized("application/jwk-set+json");
  private static final CharSequence A_MINUTE = HttpHeaders.createOptimized("max-age=60");
  private static final CharSequence FOREVER =
      HttpHeaders.createOptimized("max-age=31536000, immutable");
  private static final int MAX_VERSION_DIGITS = 15;

  private final TrustFiles trust;
  private final WorkPool reads;

  TrustRoutes(TrustFiles trust, WorkPool reads) {
    this.trust = trust;
    this.reads = reads;
  }

  void addTo(RouteTable table) {
    addVersionsTo(table);
    table
        .get(
            "/v1/trust",
            "trust",
            target -> Reply.now(Answer.content(Answer.JSON, trust.newest().toJson(), A_MINUTE)))
        .get(
            "/.well-known/jwks.json",
            "jwks",
            target -> Reply.now(Answer.content(JWK_SET, jwks(trust.newest().content()), A_MINUTE)));
  }

  /** Where an operator who approves finds what his own trust file is followed by. */
  void addVersionsTo(RouteTable table) {
    table.getUnder("/v1/trust/", "trustVersion", this::version);
  }

  private CompletionStage<Reply> version(RouteTable.Target target) throws MalformedRequest {
    String text = target.rest();
    boolean number =
        !text.isEmpty()
            && text.length() <= MAX_VERSION_DIGITS
            && text.chars().allMatch(c -> c >= '0' && c <= '9')
            && text.charAt(0) != '0';
    if (!number) {
      throw new MalformedRequest(
          "a trust file must be named by a decimal number of at most 15 digits, was not");
    }
    long version = Long.parseLong(text);
    return reads
        .submit(() -> trust.version(version))
        .handle(
            (bytes, failure) -> {
              if (failure != null) {
                return Denials.reply(
                    Operations.cause(failure) instanceof DeniedException denied
                        ? denied.denial()
                        : Defect.DENIAL);
              }
              return bytes
                  .<Reply>map(
                      found -> new Reply.Given(() -> Answer.content(Answer.JSON, found, FOREVER)))
                  .orElseGet(
                      () ->
                          new Reply.Refused(
                              Problem.notFound(
                                  "a trust file of this version must be published, and none is"),
                              Optional.empty()));
            });
  }

  /** For JOSE libraries, which heed neither role nor state: compromised keys are left out. */
  private static byte[] jwks(TrustContent content) {
    List<Map<String, Object>> keys = new ArrayList<>();
    for (KeyRole role : KeyRole.values()) {
      for (TrustedKey key : content.keysOf(role)) {
        if (key.state() != KeyState.COMPROMISED) {
          Map<String, Object> jwk = new LinkedHashMap<>(key.key().toMap());
          jwk.put("alg", "ES256");
          jwk.put("use", "sig");
          keys.add(jwk);
        }
      }
    }
    return Jcs.canonical(Map.of("keys", keys));
  }
}
