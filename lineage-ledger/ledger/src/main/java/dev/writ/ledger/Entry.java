// SPDX-License-Identifier: Apache-2.0
package dev.writ.ledger;

import dev.writ.artifact.Leaf;
import dev.writ.tlog.Hash;
import java.util.List;
import java.util.Optional;

/**
 * What is to be committed: a leaf, and what must hold and change with it.
 *
 * @param leaf names the payload, where there is one, whether or not it did when it was given
 * @param changes made in this order, all or none
 * @param preconditions read again inside the transaction
 * @param payload kept beside the ledger until it is erased, as long as {@link PayloadRetention} says
 */
public record Entry(
    Leaf leaf,
    List<StateChange> changes,
    List<Precondition> preconditions,
    Optional<byte[]> payload) {
  /** Longest payload in bytes. */
  public static final int MAX_PAYLOAD_BYTES = 1 << 20;

  /**
   * Copies the lists and the payload.
   *
   * @throws IllegalArgumentException if the payload is too long, or the leaf names another
   */
  public Entry {
    changes = List.copyOf(changes);
    preconditions = List.copyOf(preconditions);
    payload = payload.map(byte[]::clone);
    payload.ifPresent(
        bytes -> {
          if (bytes.length > MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException(
                "a payload must have at most 1048576 bytes, had " + bytes.length);
          }
        });
    if (payload.isPresent()) {
      leaf = naming(leaf, Hash.sha256(payload.get()));
    }
  }

  private static Leaf naming(Leaf leaf, Hash digest) {
    if (leaf.payload().isEmpty()) {
      return leaf.naming(digest);
    } else if (leaf.payload().get().equals(digest)) {
      return leaf;
    }
    throw new IllegalArgumentException(
        "a leaf must name the payload beside it, "
            + digest
            + ", and names "
            + leaf.payload().get());
  }

  /** A leaf that needs and changes nothing else. */
  public static Entry of(Leaf leaf) {
    return new Entry(leaf, List.of(), List.of(), Optional.empty());
  }

  /** A leaf with changes and no preconditions. */
  public static Entry of(Leaf leaf, StateChange... changes) {
    return new Entry(leaf, List.of(changes), List.of(), Optional.empty());
  }

  /** The same with these preconditions. */
  public Entry given(Precondition... needed) {
    return new Entry(leaf, changes, List.of(needed), payload);
  }

  /** The same with this payload. */
  public Entry withPayload(byte[] bytes) {
    return new Entry(leaf, changes, preconditions, Optional.of(bytes));
  }

  @Override
  public Optional<byte[]> payload() {
    return payload.map(byte[]::clone);
  }
}
