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

  /** Those, and one that is to sign in another's place. */
  Lines with(List<SigningKey> known, Hash replacement) throws LedgerException {
    return among(known, Optional.of(replacement));
  }

  private Lines among(List<SigningKey> known, Optional<Hash> more) throws LedgerException {
    Map<Hash, KeyState> states = states(known, more);
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
    if (signing.isEmpty() && isNew(known)) {
      signing.add(CheckpointSigner.p256(origin, keys.checkpoint(), keys.signatures()));
    }
    if (signing.isEmpty()) {
      throw new LedgerException(
          KeyRole.CHECKPOINT.wire(),
          "the ledger must be signed by a checkpoint key given, and the token has none of those that the"
              + " ledger knows: open the token that belongs to it");
    }
    keys.checkpointEd25519()
        .ifPresent(key -> signing.add(CheckpointSigner.ed25519(origin, key, keys.signatures())));
    return new Lines(signing, former);
  }

  /** The Ed25519 key alone makes no ledger. */
  private boolean isNew(List<SigningKey> known) {
    return known.stream()
        .noneMatch(key -> key.role() == KeyRole.CHECKPOINT && !keys.isEd25519(key.kid()));
  }

  private static Map<Hash, KeyState> states(List<SigningKey> known, Optional<Hash> more) {
    Map<Hash, KeyState> states = new HashMap<>();
    for (SigningKey key : known) {
      if (key.role() == KeyRole.CHECKPOINT) {
        states.put(key.kid(), key.state());
      }
    }
    more.ifPresent(kid -> states.put(kid, KeyState.ACTIVE));
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
