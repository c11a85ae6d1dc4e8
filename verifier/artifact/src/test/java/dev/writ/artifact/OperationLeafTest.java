// SPDX-License-Identifier: Apache-2.0
package dev.writ.artifact;

import static dev.writ.artifact.Operations.SUCCESSOR;
import static dev.writ.artifact.Operations.rotation;
import static dev.writ.artifact.Operations.signedHandover;
import static dev.writ.artifact.TestWorld.hash;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.erdtman.jcs.JsonCanonicalizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of an operation, in the ledger: its steps, and the keys that it changed. */
class OperationLeafTest {
  static Stream<LeafBody> leaves() {
    return Operations.leaves();
  }

  private static Leaf leaf(LeafBody body) {
    return Leaf.of(TestWorld.MADE, TestWorld.LEAF_ID, List.of(hash("parent")), body);
  }

  @ParameterizedTest
  @MethodSource("leaves")
  void parse_ofBytes_isTheSameLeaf(LeafBody body) throws Exception {
    Leaf parsed = Leaf.parse(leaf(body).bytes());

    assertThat(parsed).isEqualTo(leaf(body));
    assertThat(parsed.body()).isEqualTo(body).hasSameHashCodeAs(body);
    assertThat(parsed.kind())
        .isEqualTo(body instanceof KeyChange ? LeafKind.KEY : LeafKind.APPROVAL);
    assertThat(parsed.bytes()).isEqualTo(new JsonCanonicalizer(parsed.bytes()).getEncodedUTF8());
  }

  @Test
  void of_everyStep_isTheOperationsKind() {
    assertThat(Operations.proposed(rotation()).of()).isEqualTo(OperationKind.ROTATE_KEY);
    assertThat(Operations.proposed(Operations.destruction()).of())
        .isEqualTo(OperationKind.DESTROY_KEY);
  }

  /** In the leaf stand the very bytes that operators sign, after the label. */
  @Test
  void proposed_holdsTheDocument() {
    String leaf = new String(leaf(Operations.proposed(rotation())).bytes(), StandardCharsets.UTF_8);

    assertThat(leaf).contains("\"operation\":\"" + Base64Url.encode(rotation().document()) + "\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\0',
      value = {
        "\"step\":\"proposed\";\"step\":\"thought\";step",
        "\"step\":\"proposed\";\"step\":7;step",
        "\"step\":\"proposed\";\"step\":\"ended\";operation",
        "\"step\":\"proposed\";\"step\":\"approved\";approval",
        "\"step\":\"proposed\";\"x\":1,\"step\":\"proposed\";x",
        "\"of\":\"key.rotate\",\"operation\":\"ey;\"of\":\"key.sell\",\"operation\":\"ey;of",
        "\"of\":\"key.rotate\",\"operation\":\"ey;\"of\":\"key.destroy\",\"operation\":\"ey;of",
        "\"operation\":\"ey;\"operation\":\"AAey;operation",
        "\"operation\":\"ey;\"operation\":\"\",\"x\":\"ey;operation",
        "\"operation\":\"ey;\"operatio\":\"ey;operation",
        "\"approval\":{;\"approval\":{\"x\":0,;approval.x",
        "\"approval\":{;\"approval\":[],\"x\":{;approval",
        "\"end\":\"executed\";\"end\":\"done\";end",
        "\"end\":\"executed\";\"end\":\"expired\";trust",
        "\"end\":\"expired\";\"end\":\"executed\";end",
        "\"of\":\"trust.publish\";\"of\":\"key.rotate\";end",
        "\"version\":2},\"v\":1;\"version\":0},\"v\":1;trust.version",
        "\"version\":2},\"v\":1;\"version\":2,\"x\":0},\"v\":1;trust.x",
        "\"state\":\"pre_published\";\"state\":\"active\";handover",
        "\"state\":\"retired\";\"state\":\"pre_published\";handover",
        "\"state\":\"retired\";\"state\":\"lost\";state",
        "\"state\":\"retired\";\"from_index\":1,\"state\":\"retired\";from_index",
        "\"state\":\"retired\";\"step\":1,\"state\":\"retired\";step",
        "\"other\":\";\"other\":\"A;other",
        "\"from_index\":6;\"from_index\":-1;from_index",
        "\"role\":\"issuer\",\"state\":\"compromised\";\"role\":\"status\",\"state\":\"compromised\";from_index",
        "\"handover\":{;\"handover\":{\"x\":0,;handover.x",
        "\"handover\":{;\"handover\":[],\"x\":{;handover",
        "\"by_from\":\";\"by_from\":\"A;handover.by_from",
        "\"by_to\":\";\"by_to\":\"A;handover.by_to",
        "\"activates\":1793610060;\"activates\":-1;handover.activates",
        "\"crv\":\"P-256\";\"crv\":\"P-384\";handover.to.crv",
        "\"crv\":\"P-256\";\"crv\":\"P-256\",\"d\":\"AA\";handover.to.d",
        "\"role\":\"issuer\",\"to\":{;\"role\":\"status\",\"to\":{;handover",
        "\"role\":\"issuer\",\"to\":{;\"role\":\"root\",\"to\":{;handover.role",
      })
  void parse_oneMemberWrong_malformedNamingIt(String from, String to, String field) {
    byte[] leaf =
        leaves()
            .map(body -> leaf(body).bytes())
            .filter(bytes -> new String(bytes, StandardCharsets.UTF_8).contains(from))
            .findFirst()
            .orElseThrow();

    assertThatThrownBy(() -> Leaf.parse(Replace.once(leaf, from, to)))
        .isInstanceOfSatisfying(
            MalformedLeafException.class,
            e -> assertThat(e.field()).as(e.toString()).isEqualTo(field));
  }

  private static KeyChange change(
      Hash kid,
      KeyRole role,
      KeyState state,
      Optional<KeyHandover.Signed> handover,
      Optional<Hash> other,
      OptionalLong fromIndex) {
    return new KeyChange(
        kid, role, state, rotation().digest(), handover, other, fromIndex, Optional.empty());
  }

  private static void assertRefused(String field, ThrowingCallable change) {
    assertThatThrownBy(change)
        .isInstanceOfSatisfying(
            InvalidValueException.class, e -> assertThat(e.field()).isEqualTo(field));
  }

  @ParameterizedTest
  @EnumSource(KeyState.class)
  void keyChange_handoverInAnyStateButPrePublished_isRefused(KeyState state) {
    boolean announced = state == KeyState.PREPUBLISHED;
    Optional<KeyHandover.Signed> wrong =
        announced ? Optional.empty() : Optional.of(signedHandover());

    assertRefused(
        "handover",
        () ->
            change(
                SUCCESSOR.kid(),
                KeyRole.ISSUER,
                state,
                wrong,
                Optional.empty(),
                OptionalLong.empty()));
  }

  @Test
  void keyChange_handoverOfAnotherKeyRoleOrOperation_isRefused() {
    Optional<KeyHandover.Signed> handover = Optional.of(signedHandover());

    assertRefused(
        "handover",
        () ->
            change(
                TestKey.ISSUER.kid(),
                KeyRole.ISSUER,
                KeyState.PREPUBLISHED,
                handover,
                Optional.empty(),
                OptionalLong.empty()));
    assertRefused(
        "handover",
        () ->
            change(
                SUCCESSOR.kid(),
                KeyRole.STATUS,
                KeyState.PREPUBLISHED,
                handover,
                Optional.empty(),
                OptionalLong.empty()));
    assertRefused(
        "handover",
        () ->
            new KeyChange(
                SUCCESSOR.kid(),
                KeyRole.ISSUER,
                KeyState.PREPUBLISHED,
                hash("another operation"),
                handover,
                Optional.empty(),
                OptionalLong.empty(),
                Optional.empty()));
  }

  @ParameterizedTest
  @EnumSource(
      value = KeyState.class,
      names = {"ACTIVE", "COMPROMISED"},
      mode = EnumSource.Mode.EXCLUDE)
  void keyChange_otherKeyInAStateWithoutOne_isRefused(KeyState state) {
    Optional<KeyHandover.Signed> handover =
        state == KeyState.PREPUBLISHED ? Optional.of(signedHandover()) : Optional.empty();

    assertRefused(
        "other",
        () ->
            change(
                SUCCESSOR.kid(),
                KeyRole.ISSUER,
                state,
                handover,
                Optional.of(TestKey.ISSUER.kid()),
                OptionalLong.empty()));
  }

  @Test
  void keyChange_otherKeyThatIsTheSame_isRefused() {
    assertRefused(
        "other",
        () ->
            change(
                SUCCESSOR.kid(),
                KeyRole.ISSUER,
                KeyState.ACTIVE,
                Optional.empty(),
                Optional.of(SUCCESSOR.kid()),
                OptionalLong.empty()));
  }

  @Test
  void keyChange_fromIndexOfAnyButACompromisedIssuersKey_isRefused() {
    for (long index : new long[] {-1, Require.MAX_EXACT + 1}) {
      assertRefused("from_index", () -> compromised(KeyRole.ISSUER, KeyState.COMPROMISED, index));
    }
    assertRefused("from_index", () -> compromised(KeyRole.STATUS, KeyState.COMPROMISED, 6));
    assertRefused("from_index", () -> compromised(KeyRole.ISSUER, KeyState.RETIRED, 6));
    assertThat(compromised(KeyRole.ISSUER, KeyState.COMPROMISED, 0).fromIndex()).hasValue(0);
  }

  private static KeyChange compromised(KeyRole role, KeyState state, long index) {
    return change(
        TestKey.ISSUER.kid(),
        role,
        state,
        Optional.empty(),
        Optional.empty(),
        OptionalLong.of(index));
  }

  @ParameterizedTest
  @EnumSource(OperationStep.End.class)
  void ended_withATrustFileUnlessExecuted_isRefused(OperationStep.End end) {
    Optional<TrustReference> wrong =
        end == OperationStep.End.EXECUTED
            ? Optional.empty()
            : Optional.of(new TrustReference(2, hash("trust")));

    assertRefused(
        "trust",
        () -> new OperationStep.Ended(OperationKind.PUBLISH_TRUST, hash("operation"), end, wrong));
  }

  @ParameterizedTest
  @EnumSource(OperationStep.End.class)
  void ended_withASignatureUnlessWithdrawn_isRefused(OperationStep.End end) {
    Optional<TrustReference> trust =
        end == OperationStep.End.EXECUTED
            ? Optional.of(new TrustReference(2, hash("trust")))
            : Optional.empty();
    Optional<OperatorSignature> wrong =
        end == OperationStep.End.WITHDRAWN
            ? Optional.empty()
            : Optional.of(
                Operations.withdrawal(Operations.rotation(), Operations.ALICE).signature());

    assertRefused(
        "by",
        () ->
            new OperationStep.Ended(
                OperationKind.PUBLISH_TRUST, hash("operation"), end, trust, wrong));
  }

  @Test
  void ended_executedOfWhatChangesAKey_isRefused() {
    assertRefused(
        "end",
        () ->
            new OperationStep.Ended(
                OperationKind.DESTROY_KEY,
                hash("operation"),
                OperationStep.End.EXECUTED,
                Optional.of(new TrustReference(2, hash("trust")))));
  }

  @Test
  void trustReference_ofAFile_isItsVersionAndDigest() {
    TrustFile first = Operations.first();

    assertThat(TrustReference.of(first)).isEqualTo(new TrustReference(1, first.digest()));
    assertRefused("trust.version", () -> new TrustReference(0, first.digest()));
  }
}
