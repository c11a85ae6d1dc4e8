// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import dev.writ.artifact.KeyRole;
import dev.writ.artifact.KeyState;
import dev.writ.hsm.HsmException;
import dev.writ.hsm.KeySpec;
import dev.writ.hsm.Token;
import dev.writ.ledger.CheckpointKeys;
import dev.writ.ledger.LedgerException;
import dev.writ.ledger.SigningKey;
import dev.writ.tlog.Hash;
import dev.writ.tlog.NoteKey;
import dev.writ.tlog.NoteSigner;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The token's checkpoint keys. One has its line from when it is announced until it is retired, so that
 * around a rotation a checkpoint has two of type 0x02: whoever follows the trust file late or early
 * believes one of them. In a new ledger it is the token's oldest; and the Ed25519 key, where there is one,
 * has its line always.
 */
final class CheckpointLines implements CheckpointKeys {
  private static final Set<KeyState> WITH_LINE =
      EnumSet.of(KeyState.PREPUBLISHED, KeyState.ACTIVE, KeyState.RETIRING);

  private final IssuerKeys keys;
  private final String origin;

  CheckpointLines(IssuerKeys keys, String origin) {
    this.keys = keys;
    this.origin = origin;
  }

  @Override
  public Lines among(List<SigningKey> known) throws LedgerException {
    return among(known, Optional.empty());
  }

  /**
   * Those that sign where {@code compromised} does not any more.
   *
   * @param replacement signs in its place
   */
  Lines without(List<SigningKey> known, Hash compromised, Optional<Hash> replacement)
      throws LedgerException {
    return among(known, Optional.of(new Swap(compromised, replacement)));
  }

  private record Swap(Hash out, Optional<Hash> in) {}

  private Lines among(List<SigningKey> known, Optional<Swap> swap) throws LedgerException {
    Map<Hash, KeyState> states = states(known, swap);
    List<NoteSigner> signing = new ArrayList<>();
    List<NoteKey> former = new ArrayList<>();
    try {
      Token token = keys.checkpoint().token();
      for (KeySpec spec : token.generations(keys.checkpoint().spec())) {
        Optional<Hash> kid = KeysInUse.kid(token, spec);
        KeyState state = kid.map(states::get).orElse(null);
        if (state == null) {
          continue;
        }
        if (WITH_LINE.contains(state)) {
          signing.add(CheckpointSigner.p256(origin, token.key(spec), keys.signatures()));
        } else {
          former.add(NoteKey.ofP256(origin, token.publicKey(spec)));
        }
      }
    } catch (HsmException e) {
      throw new LedgerException(
          e.ckrName().orElse(e.fault().name()), String.valueOf(e.getMessage()), e);
    }
    if (signing.isEmpty()) {
      // Of a new ledger; or of another token's, which refuses what this key signs.
      signing.add(CheckpointSigner.p256(origin, keys.checkpoint(), keys.signatures()));
    }
    keys.checkpointEd25519()
        .ifPresent(key -> signing.add(CheckpointSigner.ed25519(origin, key, keys.signatures())));
    return new Lines(signing, former);
  }

  private static Map<Hash, KeyState> states(List<SigningKey> known, Optional<Swap> swap) {
    Map<Hash, KeyState> states = new HashMap<>();
    for (SigningKey key : known) {
      if (key.role() == KeyRole.CHECKPOINT) {
        states.put(key.kid(), key.state());
      }
    }
    swap.ifPresent(
        change -> {
          states.put(change.out(), KeyState.COMPROMISED);
          change.in().ifPresent(kid -> states.put(kid, KeyState.ACTIVE));
        });
    return states;
  }

  /** Whose lines these states ask for: where it is the same as before, so are the signers. */
  static Set<Hash> of(List<SigningKey> known) {
    Set<Hash> kids = new HashSet<>();
    for (SigningKey key : known) {
      if (key.role() == KeyRole.CHECKPOINT && WITH_LINE.contains(key.state())) {
        kids.add(key.kid());
      }
    }
    return kids;
  }
}
