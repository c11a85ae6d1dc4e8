// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import dev.writ.tlog.Hash;
import dev.writ.tlog.MerkleTree;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One entry of the ledger: canonical JSON of {@code v, kind, time, id, parents} and the members of its
 * kind's body. Bytes and value are one: what is not in canonical form is no leaf.
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
  private final byte[] bytes;

  private Leaf(Instant time, UuidV7 id, List<Hash> parents, LeafBody body) {
    this.time = Require.wholeMillisecond("time", time);
    this.id = id;
    this.parents = Require.distinct("parents", parents, 0, MAX_PARENTS);
    this.body = body;
    this.bytes = Jcs.canonical(toMap());
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
    return new Leaf(time, id, parents, body);
  }

  /** The leaf that these bytes are. */
  public static Leaf parse(byte[] bytes) throws MalformedLeafException {
    try {
      JsonMembers members = StrictJson.parse(bytes, MAX_BYTES);
      Leaf leaf = take(members);
      members.end();
      if (!Arrays.equals(leaf.bytes, bytes)) {
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
    return new Leaf(time, id, parents, LeafBodyReader.take(kind, json));
  }

  private Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>(body.toMap());
    map.put("v", 1);
    map.put("kind", body.kind().wire());
    map.put("time", time.toEpochMilli());
    map.put("id", id.toString());
    map.put("parents", parents);
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

  /** The canonical JSON, which is the ledger's entry. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** RFC 6962 leaf hash: {@code SHA-256(0x00 ‖ bytes)}. */
  public Hash hash() {
    return MerkleTree.leafHash(bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Leaf that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "leaf " + id + " (" + kind().wire() + ")";
  }
}
