// SPDX-License-Identifier: Apache-2.0
package dev.writ.hsm;

import dev.writ.hsm.HsmException.Fault;
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
  void handedOut(KeySpec spec, FoundKey found) {
    keys.put(spec, found);
  }

  /** One of the keys that were handed out, if any was. */
  Optional<Map.Entry<KeySpec, FoundKey>> anyKey() {
    return keys.entrySet().stream().findFirst();
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
    for (Map.Entry<KeySpec, FoundKey> known : keys.entrySet()) {
      FoundKey found = connection.find(known.getKey());
      if (!found.publicKey().equals(known.getValue().publicKey())) {
        throw new HsmException(
            Fault.KEY_AMBIGUOUS,
            "the key "
                + known.getKey()
                + " must be the one that was opened, and is another: put that one back, or end the"
                + " process and start it with this one");
      }
    }
  }
}
