// SPDX-License-Identifier: Apache-2.0
package dev.writ.agent;

import dev.writ.artifact.JsonMembers;
import dev.writ.artifact.KeyState;
import dev.writ.artifact.MalformedJsonException;
import dev.writ.artifact.Wire;
import dev.writ.tlog.Hash;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * A key of a service, as its operators see it.
 *
 * @param role such as {@code issuer} or {@code tls}: more roles than trust files know
 * @param kid RFC 7638 thumbprint; absent of keys that sign certificates alone
 * @param storage where its private half is; absent where it is gone
 * @param inToken by which names the token has it; absent where it has it no more
 * @param known what the ledger says of it; absent of one that no ledger was told of
 */
public record ListedKey(
    String role,
    Optional<Hash> kid,
    Optional<Storage> storage,
    Optional<InToken> inToken,
    Optional<Known> known) {
  private static final long MAX_EXACT = (1L << 53) - 1;

  /** Where a private key is, the safest first. */
  public enum Storage implements Wire {
    /** In a token, which it never leaves. */
    TOKEN,
    /** In a file, encrypted by the token, and in the service's memory. */
    WRAPPED,
    /** In a file, sealed to the host's TPM, and in the service's memory. */
    SEALED;

    @Override
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Its names in the token.
   *
   * @param generation which of its role's keys it is, from 1 on
   * @param replicated whether the token's replica has it, too; absent where there is none, and of keys that
   *     are not in use
   */
  public record InToken(
      String algorithm, String label, String id, long generation, Optional<Boolean> replicated) {}

  /**
   * Where it is in its life.
   *
   * @param leafIndex where the ledger says so
   */
  public record Known(KeyState state, Instant notBefore, Instant notAfter, long leafIndex) {}

  static ListedKey take(JsonMembers json) throws MalformedJsonException {
    String role = json.text("role");
    Optional<Hash> kid = json.has("kid") ? Optional.of(json.thumbprint("kid")) : Optional.empty();
    Optional<Storage> storage =
        json.has("storage")
            ? Optional.of(json.oneOf("storage", Storage.values()))
            : Optional.empty();
    Optional<InToken> names =
        json.flag("in_token")
            ? Optional.of(
                new InToken(
                    json.text("algorithm"),
                    json.text("label"),
                    json.text("id"),
                    json.integer("generation", 0, MAX_EXACT),
                    json.has("replicated")
                        ? Optional.of(json.flag("replicated"))
                        : Optional.empty()))
            : Optional.empty();
    Optional<Known> known =
        json.has("state")
            ? Optional.of(
                new Known(
                    json.oneOf("state", KeyState.values()),
                    json.seconds("not_before"),
                    json.seconds("not_after"),
                    json.integer("leaf_index", 0, MAX_EXACT)))
            : Optional.empty();
    json.end();
    return new ListedKey(role, kid, storage, names, known);
  }
}
