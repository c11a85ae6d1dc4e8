// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.hsm.CeremonyOutcome;
import dev.writ.hsm.Cryptoperiod;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.HsmKey;
import dev.writ.hsm.KeyCeremony;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.Token;
import dev.writ.ledger.Ledger;
import dev.writ.ledger.LedgerException;
import dev.writ.tlog.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** The keys of a role in the token, one after the other, and the making of the next. */
final class KeyGenerations {
  private static final KeyInventory INVENTORY = KeyInventory.standard();

  /** Of a successor whose role's first key lasts as long as its certificate. */
  private static final Duration LONGEST = Duration.ofDays(Cryptoperiod.MAX_DAYS);

  private final KeysInUse keys;
  private final Ledger ledger;
  private final InstantSource clock;
  private final SecureRandom random;

  KeyGenerations(KeysInUse keys, Ledger ledger, InstantSource clock, SecureRandom random) {
    this.keys = keys;
    this.ledger = ledger;
    this.clock = clock;
    this.random = random;
  }

  /** How long a key of the role may be believed from when it begins. */
  Duration validity(KeyRole role) {
    return cryptoperiod(role).validity().orElse(LONGEST);
  }

  /** For how long keys of the role are used, by this build's inventory. */
  Cryptoperiod cryptoperiod(KeyRole role) {
    return INVENTORY.cryptoperiod(KeyWindow.inToken(role));
  }

  /**
   * The next key of a role: one that the token has and the ledger was never told of, such as an earlier
   * proposal leaves that nobody approved, or a crash; else a new one.
   *
   * @throws DeniedException if the token makes none
   */
  HsmKey next(KeyRole role) throws LedgerException {
    HsmKey current = keys.of(role).key();
    Token token = current.token();
    try {
      int last = current.spec().generation();
      for (KeySpec spec : token.generations(current.spec())) {
        last = Math.max(last, spec.generation());
        Optional<Hash> kid = KeysInUse.kid(token, spec);
        if (kid.isPresent() && ledger.key(kid.get()).isEmpty()) {
          return token.key(spec);
        }
      }
      // A number that was used once is not used again: who reads an old inventory finds no other
      // key.
      last =
          Math.max(
              last,
              (int)
                  ledger.keys().stream()
                      .filter(key -> key.role() == role && !keys.atStart().isEd25519(key.kid()))
                      .count());
      KeySpec spec = current.spec().ofGeneration(last + 1);
      CeremonyOutcome outcome = KeyCeremony.next(token, spec, clock, random);
      if (outcome instanceof CeremonyOutcome.Born) {
        return token.key(spec);
      }
      throw new DeniedException(
          Denial.unavailable(
              "key_name_taken",
              "nothing in the token must go by the names of " + spec + ", and does"));
    } catch (HsmException e) {
      throw new DeniedException(new Signing.Failed(e).denial());
    }
  }

  /**
   * The key of this thumbprint.
   *
   * @throws DeniedException if the token does not have it
   */
  HsmKey inToken(KeyRole role, Hash kid) {
    try {
      return keys.find(role, kid)
          .orElseThrow(
              () ->
                  new DeniedException(
                      Denial.unavailable(
                          "key_missing",
                          "the token must have the key "
                              + PublicRoutes.base64Url(kid.bytes())
                              + ", and has not: open the token that belongs to this ledger")));
    } catch (HsmException e) {
      throw new DeniedException(new Signing.Failed(e).denial());
    }
  }

  /** The role's keys that the token has, oldest first. */
  List<KeySpec> all(KeyRole role) throws HsmException {
    HsmKey current = keys.of(role).key();
    return current.token().generations(current.spec());
  }
}
