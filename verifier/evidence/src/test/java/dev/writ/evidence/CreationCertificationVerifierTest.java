// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link CreationCertificationVerifier} and {@link CreationData}, in the order of the steps. */
class CreationCertificationVerifierTest {
  private static final TpmtPublic PARENT = SoftwareEk.rsa().publicArea;
  private static final TpmName PARENT_QUALIFIED =
      PARENT.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY);
  private static final CreationExpectation PRIMARY =
      CreationExpectation.primary(TpmName.ENDORSEMENT_HIERARCHY, Creations.OUTSIDE_INFO);
  private static final CreationExpectation CHILD =
      CreationExpectation.child(PARENT.name(), PARENT_QUALIFIED, Creations.OUTSIDE_INFO);

  private final SoftwareAk ak = SoftwareAk.p256();
  private final TpmtPublic key = InstanceKey.publicArea();
  private final CreationData primary = Creations.parsed(Creations.primary());
  private final CreationData child =
      Creations.parsed(Creations.child(PARENT.name(), PARENT_QUALIFIED));

  @Test
  void creationOfAPrimaryKey_thatHolds_givesItsQualifiedName() {
    assertThat(verify(primary, Statement.creation(key, primary), PRIMARY))
        .isInstanceOfSatisfying(
            CertifiedCreation.class,
            certified -> {
              assertThat(certified.publicArea()).isEqualTo(key);
              assertThat(certified.data()).isEqualTo(primary);
              assertThat(certified.ak().name()).isEqualTo(ak.publicArea.name());
              assertThat(certified.qualifiedName())
                  .isEqualTo(key.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY));
              assertThat(primary.parentNameAlg()).isEmpty();
              assertThat(primary.pcrSelection()).isEmpty();
            });
  }

  @Test
  void creationOfAChild_thatHolds_givesItsPlaceBelowItsParent() {
    assertThat(verify(child, Statement.creation(key, child), CHILD))
        .isInstanceOfSatisfying(
            CertifiedCreation.class,
            certified -> {
              assertThat(certified.qualifiedName())
                  .isEqualTo(key.name().qualifiedUnder(PARENT_QUALIFIED));
              assertThat(child.parentNameAlg()).contains(TpmAlg.SHA256);
              assertThat(child.pcrSelection()).contains(Statement.ASKED);
              assertThat(child.pcrDigest())
                  .isEqualTo(Statement.values(Statement.ASKED).pcrDigest(TpmAlg.SHA256).value());
            });
  }

  @ParameterizedTest
  @EnumSource(value = AttestType.class, mode = EnumSource.Mode.EXCLUDE, names = "CREATION")
  void case11_otherAttestationAsCreation_isRefused(AttestType type) {
    Statement statement = Statement.creation(key, primary).withAttested(Attestations.of(type));

    assertThat(verify(primary, statement, PRIMARY))
        .isEqualTo(new AttestRefusal.TypeWrong(AttestType.CREATION, type));
  }

  @Test
  void creationCertifiedByAnotherTpmsKey_isRefused() {
    Statement statement = Statement.creation(key, primary);

    CreationOutcome outcome =
        CreationCertificationVerifier.verify(
            key,
            primary,
            statement.parsed(),
            SoftwareAk.p256().sign(statement.bytes()),
            ak.enrolled(),
            Statement.QUALIFYING_DATA,
            PRIMARY);

    assertThat(reason(outcome)).isEqualTo("signature_invalid");
  }

  @Test
  void creationForAnotherQuestion_isRefused() {
    Statement statement = Statement.creation(key, primary).withExtraData(new byte[32]);

    assertThat(reason(verify(primary, statement, PRIMARY))).isEqualTo("qualifying_data_mismatch");
  }

  @Test
  void case80_creationOfAnotherKey_isRefused() {
    TpmtPublic other = InstanceKey.publicArea();

    CreationOutcome outcome = verify(primary, Statement.creation(other, primary), PRIMARY);

    assertThat(outcome)
        .isEqualTo(new CreationOutcome.CreatedNameMismatch(other.name(), key.name()));
    assertThat(reason(outcome)).isEqualTo("creation_name_mismatch");
  }

  @Test
  void createdNameAlgSha1_isRefused() {
    TpmtPublic sha1 = InstanceKey.with(TpmAlg.SHA1, InstanceKey.ATTRIBUTES);

    CreationOutcome outcome = verify(ak, sha1, primary, Statement.creation(sha1, primary), PRIMARY);

    assertThat(reason(outcome)).isEqualTo("creation_name_alg_sha1");
  }

  @Test
  void anyByteOfTheCreationDataChanged_isRefused() {
    Statement statement = Statement.creation(key, child);
    byte[] bytes = child.bytes();

    for (int i = 0; i < bytes.length; i++) {
      byte[] changed = bytes.clone();
      changed[i] ^= 1;
      CreationData data;
      try {
        data = CreationData.parse(changed);
      } catch (MalformedEvidenceException e) {
        continue;
      }
      assertThat(reason(verify(data, statement, CHILD)))
          .as("byte %d", i)
          .isEqualTo("creation_hash_mismatch");
    }
  }

  @Test
  void case31_keyThatCertifiesItsOwnCreationUnderAnotherPlace_isRefused() {
    TpmtPublic own = ak.publicArea;
    TpmName place = own.name().qualifiedUnder(TpmName.ENDORSEMENT_HIERARCHY);
    Statement elsewhere = Statement.creation(own, primary).withSigner(own.name());
    Statement inPlace = Statement.creation(own, primary).withSigner(place);

    assertThat(verify(ak, own, primary, elsewhere, PRIMARY))
        .isEqualTo(new AttestRefusal.SignerMismatch(place, own.name()));
    CertifiedCreation certified = (CertifiedCreation) verify(ak, own, primary, inPlace, PRIMARY);
    assertThat(ak.enrolled().withQualifiedName(certified.qualifiedName()).qualifiedName())
        .contains(place);
  }

  @Test
  void parentOtherThanExpected_isRefused() {
    TpmName other = ak.publicArea.name();
    Octets info = Creations.OUTSIDE_INFO;
    Statement statement = Statement.creation(key, child);

    for (CreationExpectation expected :
        new CreationExpectation[] {
          PRIMARY,
          CreationExpectation.child(other, PARENT_QUALIFIED, info),
          CreationExpectation.child(PARENT.name(), other, info),
        }) {
      assertThat(reason(verify(child, statement, expected))).isEqualTo("creation_parent_mismatch");
    }
  }

  @Test
  void outsideInfoOtherThanExpected_isRefused() {
    for (Octets info : new Octets[] {Octets.EMPTY, Octets.fromHex("0123456789abcdee")}) {
      CreationExpectation expected =
          CreationExpectation.primary(TpmName.ENDORSEMENT_HIERARCHY, info);

      assertThat(reason(verify(primary, Statement.creation(key, primary), expected)))
          .isEqualTo("creation_outside_info_mismatch");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 32, 255})
  void localityOtherThanExpected_isRefused(int locality) {
    CreationData data =
        Creations.parsed(
            CreationData.marshal(
                Optional.empty(),
                Octets.EMPTY,
                locality,
                TpmName.ENDORSEMENT_HIERARCHY,
                TpmName.ENDORSEMENT_HIERARCHY,
                Creations.OUTSIDE_INFO));
    Statement statement = Statement.creation(key, data);

    assertThat(verify(data, statement, PRIMARY))
        .isEqualTo(new CreationOutcome.LocalityMismatch(0, locality));
    assertThat(reason(verify(data, statement, PRIMARY))).isEqualTo("creation_locality_mismatch");
    assertThat(verify(data, statement, PRIMARY.atLocality(locality)))
        .isInstanceOf(CertifiedCreation.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5, 31})
  void localityThatIsNoneOrSeveral_isMalformed(int bits) {
    byte[] bytes = Creations.primary();
    bytes[4 + 2] = (byte) bits;

    assertThatThrownBy(() -> CreationData.parse(bytes)).hasMessageContaining("creation.locality");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0010 0022000b", // a hierarchy with an object's name
        "000b 00044000000b", // an object with a handle
        "000c 0022000b", // an object whose name has another hash
        "000b 0000", // an object with no name
        "0010 0000", // a hierarchy with none
        "0001 0022000b" // no hash
      })
  void parentWhoseNameIsOfAnotherKind_isMalformed(String hex) {
    String start = "00000000" + "0000" + "01" + hex.replace(" ", "");
    byte[] bytes = Octets.fromHex(start + "00".repeat(32) + "0000").bytes();

    assertThatThrownBy(() -> CreationData.parse(bytes))
        .hasMessageContaining("creation.parentName")
        .hasMessageMatching(".* must be (a hierarchy's handle|a name of .*|null or .*), was .*");
  }

  @Test
  void creationData_behindItsTpm2bSize_isReadByTheParserAskedAlone() throws Exception {
    byte[] wrapped = new TpmWriter().tpm2b(Creations.primary()).toByteArray();

    assertThat(CreationData.parseTpm2b(wrapped))
        .isEqualTo(primary)
        .hasSameHashCodeAs(primary)
        .isNotEqualTo(child);
    assertThat(primary.hashCode()).isNotEqualTo(child.hashCode());
    assertThatThrownBy(() -> CreationData.parse(Arrays.copyOf(primary.bytes(), 100)))
        .hasMessageContaining("at its end");
    // The longest that is read at all: it is none, but not for its length.
    assertThatThrownBy(() -> CreationData.parse(new byte[CreationData.MAX_BYTES]))
        .hasMessageContaining("creation.locality");
    assertThatThrownBy(() -> CreationData.parse(wrapped))
        .isInstanceOf(MalformedEvidenceException.class);
    assertThatThrownBy(() -> CreationData.parse(new byte[CreationData.MAX_BYTES + 1]))
        .hasMessageContaining("at most 512 bytes");
    assertThatThrownBy(() -> CreationData.parse(Octets.fromHex("00000011").bytes()))
        .hasMessageContaining("0 to 16");
  }

  private CreationOutcome verify(
      CreationData data, Statement statement, CreationExpectation expected) {
    return verify(ak, key, data, statement, expected);
  }

  private static CreationOutcome verify(
      SoftwareAk ak,
      TpmtPublic key,
      CreationData data,
      Statement statement,
      CreationExpectation expected) {
    return CreationCertificationVerifier.verify(
        key,
        data,
        statement.parsed(),
        ak.sign(statement.bytes()),
        ak.enrolled(),
        Statement.QUALIFYING_DATA,
        expected);
  }

  private static String reason(CreationOutcome outcome) {
    assertThat(outcome).isInstanceOf(CreationOutcome.Refused.class);
    CreationOutcome.Refused refused = (CreationOutcome.Refused) outcome;
    assertThat(refused.message()).isNotBlank();
    return refused.reason();
  }
}
