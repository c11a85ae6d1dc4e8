// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One entry of the ledger: canonical JSON of {@code v, kind, time, id, parents}, {@code payload} where
 * something lies beside it, and the members of its kind's body. Bytes and value are one: what is not in
 * canonical form is no leaf.
 */
public final class Leaf {
  /** Longest leaf accepted, in bytes; a C2SP entry bundle would hold up to 65,535. */
  public static final int MAX_BYTES = 20 * 1024;

  /** Most leaves that one leaf can come from. */
  public static final int MAX_PARENTS = 16;

  private final Instant time;
  private final UuidV7 id;
  private final List<Hash> parents;
  private final LeafBody body;
  private final Optional<Hash> payload;

  /** Spelled when first asked for: a leaf whose payload is named after it was made never is. */
  private volatile byte @Nullable [] spelled;

  private Leaf(Instant time, UuidV7 id, List<Hash> parents, LeafBody body, Optional<Hash> payload) {
    this.time = Require.wholeMillisecond("time", time);
    this.id = id;
    this.parents = Require.distinct("parents", parents, 0, MAX_PARENTS);
    this.body = body;
    this.payload = payload;
  }

  /**
   * A leaf.
   *
   * @param time when what it records happened, to the millisecond
   * @param id its own identity
   * @param parents hashes of the leaves that it comes from
   * @throws IllegalArgumentException if a value is outside its bounds
   */
  public static Leaf of(Instant time, UuidV7 id, List<Hash> parents, LeafBody body) {
    return new Leaf(time, id, parents, body, Optional.empty());
  }

  /**
   * The same leaf, naming what lies beside it.
   *
   * @param digest SHA-256 of the payload's bytes
   */
  public Leaf naming(Hash digest) {
    return new Leaf(time, id, parents, body, Optional.of(digest));
  }

  /** The leaf that these bytes are. */
  public static Leaf parse(byte[] bytes) throws MalformedLeafException {
    try {
      JsonMembers members = StrictJson.parse(bytes, MAX_BYTES);
      Leaf leaf = take(members);
      members.end();
      if (!Arrays.equals(leaf.spelling(), bytes)) {
        throw new MalformedLeafException("", "canonical JSON (RFC 8785)", "another spelling of it");
      }
      return leaf;
    } catch (MalformedJsonException e) {
      throw new MalformedLeafException(e);
    } catch (InvalidValueException e) {
      throw new MalformedLeafException(e);
    }
  }

  private static Leaf take(JsonMembers json) throws MalformedJsonException {
    json.version();
    LeafKind kind = json.oneOf("kind", LeafKind.values());
    Instant time = json.millis("time");
    UuidV7 id = json.uuid("id");
    List<Hash> parents = json.hashes("parents", MAX_PARENTS);
    Optional<Hash> payload = json.optionalHash("payload");
    return new Leaf(time, id, parents, LeafBodyReader.take(kind, json), payload);
  }

  private byte[] spelling() {
    byte[] bytes = spelled;
    if (bytes == null) {
      bytes = Jcs.canonical(toMap());
      spelled = bytes;
    }
    return bytes;
  }

  private Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(body.toMap());
    map.put("v", 1);
    map.put("kind", body.kind().wire());
    map.put("time", time.toEpochMilli());
    map.put("id", id.toString());
    map.put("parents", parents);
    payload.ifPresent(digest -> map.put("payload", digest));
    return map;
  }

  /** What it records. */
  public LeafKind kind() {
    return body.kind();
  }

  /** When that happened, to the millisecond. */
  public Instant time() {
    return time;
  }

  /** Its own identity. */
  public UuidV7 id() {
    return id;
  }

  /** Hashes of the leaves that it comes from. */
  public List<Hash> parents() {
    return parents;
  }

  /** What it says. */
  public LeafBody body() {
    return body;
  }

  /**
   * SHA-256 of what lies beside it, or lay there until it was erased. Absent where nothing ever did, and of
   * leaves that older versions wrote.
   */
  public Optional<Hash> payload() {
    return payload;
  }

  /** The canonical JSON, which is the ledger's entry. */
  public byte[] bytes() {
    return spelling().clone();
  }

  /** RFC 6962 leaf hash: {@code SHA-256(0x00 ‖ bytes)}. */
  public Hash hash() {
    return MerkleTree.leafHash(spelling());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Leaf that && Arrays.equals(spelling(), that.spelling());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(spelling());
  }

  @Override
  public String toString() {
    return "leaf " + id + " (" + kind().wire() + ")";
  }
}
