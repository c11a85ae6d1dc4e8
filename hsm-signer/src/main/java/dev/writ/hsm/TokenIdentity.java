// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Which token was opened: what it said of itself, and the keys of it that were handed out. */
final class TokenIdentity {
  private final TokenDescription description;
  private final Map<KeySpec, FoundKey> keys = new ConcurrentHashMap<>();

  TokenIdentity(TokenDescription description) {
    this.description = description;
  }

  TokenDescription description() {
    return description;
  }

  /** From now on, a token without this key is another one. */
  void handedOut(FoundKey found) {
    keys.put(found.spec(), found);
  }

  /** The key that is used to see whether the token signs, if any was handed out: never the issuer's. */
  Optional<FoundKey> leastKey() {
    return keys.values().stream()
        .filter(key -> key.spec().role() != KeyRole.ISSUER)
        .max(Comparator.comparing(key -> key.spec().role()));
  }

  /** Demands that a connection is to this token, not another of its label, and finds every key. */
  void require(TokenConnection connection) throws HsmException {
    if (!connection.description().equals(description)) {
      throw new HsmException(
          Fault.TOKEN_MISSING,
          String.format(
              "the token must be the one that was opened, %s, and is %s: put that one back, or end"
                  + " the process and start it with this one",
              description, connection.description()));
    }
    for (FoundKey known : keys.values()) {
      FoundKey found = connection.find(known.spec());
      if (!found.publicKey().equals(known.publicKey())) {
        throw new HsmException(
            Fault.KEY_AMBIGUOUS,
            "the key "
                + known.spec()
                + " must be the one that was opened, and is another: put that one back, or end the"
                + " process and start it with this one");
      }
    }
  }
}
