// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.writ.tlog.Checkpoint;
import dev.writ.tlog.Hash;
import dev.writ.tlog.InclusionProof;
import dev.writ.tlog.KeyPairNoteSigner;
import dev.writ.tlog.MerkleTree;
import dev.writ.tlog.NoteSigningException;
import dev.writ.tlog.SignedNote;
import dev.writ.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Issues one bundle as the service would, with a knob for each part that a forger could turn. With no
 * knob turned it is valid in {@link TestWorld}; whatever is turned, all other parts fit it.
 */
final class Issuance {
  static final int TREE_SIZE = 11;
  private static final int INDEX = 6;

  private UnaryOperator<ArtifactClaims> claims = UnaryOperator.identity();
  private UnaryOperator<String> payload = UnaryOperator.identity();
  private UnaryOperator<String> header = UnaryOperator.identity();
  private UnaryOperator<LeafBody.DecisionAllow> decision = UnaryOperator.identity();
  private UnaryOperator<byte[]> leaf = UnaryOperator.identity();
  private UnaryOperator<String> compact = UnaryOperator.identity();
  private UnaryOperator<String> proof = UnaryOperator.identity();
  private Optional<Supplier<String>> token = Optional.empty();
  private Optional<LeafBody> otherBody = Optional.empty();
  private TestKey issuer = TestKey.ISSUER;
  private Hash kid = TestKey.ISSUER.kid();
  private TestKey log = TestKey.LOG;
  private String origin = TestWorld.ORIGIN;

  static Issuance valid() {
    return new Issuance();
  }

  /** The same, of an artifact that a status list can withdraw; without a token. */
  static Issuance withStatus() {
    return valid().claims(claims -> Claims.status(claims, StatusIssuance.REFERENCE));
  }

  /** With this text as its status token. */
  @CanIgnoreReturnValue
  Issuance token(Supplier<String> text) {
    token = Optional.of(text);
    return this;
  }

  @CanIgnoreReturnValue
  Issuance claims(UnaryOperator<ArtifactClaims> change) {
    claims = then(claims, change);
    return this;
  }

  /** Text of the claims' JSON, before it is signed. */
  @CanIgnoreReturnValue
  Issuance payload(UnaryOperator<String> change) {
    payload = then(payload, change);
    return this;
  }

  /** Replaces in the claims' JSON, which must hold {@code from}. */
  @CanIgnoreReturnValue
  Issuance payload(String from, String to) {
    return payload(json -> Replace.once(json, from, to));
  }

  /** Text of the JWS header's JSON, before it is signed. */
  @CanIgnoreReturnValue
  Issuance header(UnaryOperator<String> change) {
    header = then(header, change);
    return this;
  }

  @CanIgnoreReturnValue
  Issuance signedBy(TestKey key) {
    issuer = key;
    kid = key.kid();
    return this;
  }

  @CanIgnoreReturnValue
  Issuance kid(Hash value) {
    kid = value;
    return this;
  }

  @CanIgnoreReturnValue
  Issuance decision(UnaryOperator<LeafBody.DecisionAllow> change) {
    decision = then(decision, change);
    return this;
  }

  @CanIgnoreReturnValue
  Issuance leafOf(LeafBody body) {
    otherBody = Optional.of(body);
    return this;
  }

  /** Bytes of the leaf that the tree holds. */
  @CanIgnoreReturnValue
  Issuance leaf(UnaryOperator<byte[]> change) {
    leaf = then(leaf, change);
    return this;
  }

  /** Text of the compact serialization, after it was signed and put into the ledger. */
  @CanIgnoreReturnValue
  Issuance compact(UnaryOperator<String> change) {
    compact = then(compact, change);
    return this;
  }

  /** Text of the proof, after the log signed. */
  @CanIgnoreReturnValue
  Issuance proof(UnaryOperator<String> change) {
    proof = then(proof, change);
    return this;
  }

  @CanIgnoreReturnValue
  Issuance loggedBy(TestKey key) {
    log = key;
    return this;
  }

  @CanIgnoreReturnValue
  Issuance origin(String name) {
    origin = name;
    return this;
  }

  private static <T> UnaryOperator<T> then(UnaryOperator<T> first, UnaryOperator<T> second) {
    return value -> second.apply(first.apply(value));
  }

  byte[] bundle() {
    ArtifactClaims permitted = claims.apply(TestWorld.claims());
    String signed = jws(permitted);
    Hash digest = Hash.sha256(ascii(signed.substring(0, signed.lastIndexOf('.'))));
    LeafBody body = otherBody.orElseGet(() -> decision.apply(decisionOn(permitted, digest)));
    byte[] entry =
        leaf.apply(
            Leaf.of(TestWorld.MADE, TestWorld.LEAF_ID, List.of(TestWorld.hash("parent")), body)
                .bytes());
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("mediaType", ProofBundle.MEDIA_TYPE);
    map.put("artifact", compact.apply(signed));
    map.put("leaf", Base64.getEncoder().encodeToString(entry));
    map.put("tlogProof", proof.apply(prove(entry, log, origin)));
    token.ifPresent(text -> map.put("statusListToken", text.get()));
    return Jcs.canonical(map);
  }

  static LeafBody.DecisionAllow decisionOn(ArtifactClaims claims, Hash artifactDigest) {
    byte[] salt = TestWorld.hash("salt").bytes();
    return new LeafBody.DecisionAllow(
        claims.jti(),
        artifactDigest,
        claims.request().digest(),
        TestWorld.hash("evidence"),
        claims.policy().digest(),
        claims.policy().epoch(),
        Commitment.of(salt, ascii(claims.sub())),
        Commitment.of(salt, ascii("host-1")),
        Commitment.of(salt, ascii("arguments")),
        claims.lineage().parent(),
        Optional.empty());
  }

  private String jws(ArtifactClaims permitted) {
    String json = new String(permitted.toJson(), StandardCharsets.UTF_8);
    String head =
        "{\"alg\":\"ES256\",\"kid\":\""
            + Base64Url.encode(kid.bytes())
            + "\",\"typ\":\"authz-artifact+jwt\"}";
    String input =
        Base64Url.encode(utf8(header.apply(head)))
            + "."
            + Base64Url.encode(utf8(payload.apply(json)));
    return input + "." + Base64Url.encode(issuer.sign(ascii(input)));
  }

  /** The proof that a tree of {@value #TREE_SIZE} entries holds {@code entry}. */
  static String prove(byte[] entry, TestKey log, String origin) {
    List<Hash> hashes = new ArrayList<>();
    for (int i = 0; i < TREE_SIZE; i++) {
      hashes.add(MerkleTree.leafHash(i == INDEX ? entry : ascii("entry " + i)));
    }
    Checkpoint checkpoint = new Checkpoint(origin, TREE_SIZE, root(hashes));
    try {
      SignedNote note =
          SignedNote.sign(checkpoint.noteText(), KeyPairNoteSigner.of(origin, log.pair()));
      return TlogProof.of(new InclusionProof(INDEX, TREE_SIZE, path(INDEX, hashes)), note).format();
    } catch (NoteSigningException e) {
      throw new AssertionError(e);
    }
  }

  /** RFC 6962 section 2.1: MTH, as it is defined. */
  private static Hash root(List<Hash> hashes) {
    if (hashes.size() == 1) {
      return hashes.get(0);
    }
    int k = Integer.highestOneBit(hashes.size() - 1);
    return MerkleTree.nodeHash(root(hashes.subList(0, k)), root(hashes.subList(k, hashes.size())));
  }

  /** RFC 6962 section 2.1.1: PATH, as it is defined. */
  static List<Hash> path(int index, List<Hash> hashes) {
    if (hashes.size() == 1) {
      return List.of();
    }
    int k = Integer.highestOneBit(hashes.size() - 1);
    List<Hash> left = hashes.subList(0, k);
    List<Hash> right = hashes.subList(k, hashes.size());
    List<Hash> path = new ArrayList<>(index < k ? path(index, left) : path(index - k, right));
    path.add(root(index < k ? right : left));
    return path;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
