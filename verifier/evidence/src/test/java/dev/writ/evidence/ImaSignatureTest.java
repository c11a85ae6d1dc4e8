// SPDX-License-Identifier: Apache-2.0
package dev.writ.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.RSAKeyGenParameterSpec;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link ImaSignature} and {@link ImaSigningKey}: signatures of files. */
class ImaSignatureTest {
  private static final SoftwareImaSigner RSA = SoftwareImaSigner.rsa();
  private static final SoftwareImaSigner P256 = SoftwareImaSigner.ecdsa(TpmCurve.P256);
  private static final byte[] CONTENT = {1, 2, 3};

  private static boolean verifies(SoftwareImaSigner signer, TpmAlg hash, byte[] attribute)
      throws MalformedEvidenceException {
    ImaSignature signature = ImaSignature.parse(attribute);
    byte[] digest = hash.newDigest().digest(CONTENT);
    Optional<byte[]> signed = signature.signedDigest(hash, signature.type() == 6, digest);
    return signed.isPresent()
        && signer.key().verifies(hash, signed.get(), signature.value().bytes());
  }

  @ParameterizedTest
  @EnumSource(names = {"SHA256", "SHA384", "SHA512"})
  void signatureOfRsaAndEcdsa_verifiesInBothVersions(TpmAlg hash) throws Exception {
    byte[] digest = hash.newDigest().digest(CONTENT);
    for (SoftwareImaSigner signer : List.of(RSA, P256, SoftwareImaSigner.ecdsa(TpmCurve.P384))) {
      assertThat(verifies(signer, hash, signer.sign(hash, CONTENT))).isTrue();
      assertThat(verifies(signer, hash, signer.signVersion3(ImaSignature.FILE, hash, digest)))
          .isTrue();
      assertThat(verifies(signer, hash, signer.signVersion3(ImaSignature.VERITY, hash, digest)))
          .isTrue();
    }
  }

  @Test
  void keyIdentifier_isThatOfEvmctl() {
    assertThat(RSA.key().keyId()).isEqualTo(RSA.keyIdOfEvmctl());
    assertThat(P256.key().keyId()).isEqualTo(P256.keyIdOfEvmctl());
  }

  @Test
  void keyOfCertificate_isNamedBySubjectKeyIdentifier_orAsABareKey() throws Exception {
    SubjectKeyIdentifier identifier =
        new SubjectKeyIdentifier(new byte[] {9, 9, 9, 0x12, 0x34, 0x56, 0x78});
    SoftwareCa named =
        SoftwareCa.root(profile -> profile.with(Extension.subjectKeyIdentifier, false, identifier));
    SoftwareCa bare = SoftwareCa.root();
    byte[] key = bare.certificate.getSubjectPublicKeyInfo().getEncoded();

    assertThat(ImaSigningKey.ofCertificate(named.der()).keyId()).isEqualTo(0x12345678);
    assertThat(ImaSigningKey.ofCertificate(bare.der()).keyId())
        .isEqualTo(ImaSigningKey.of(key).keyId());
    assertThat(ImaSigningKey.ofCertificate(bare.der()).fingerprint())
        .isEqualTo(ImaSigningKey.of(key).fingerprint());
    assertThat(ImaSigningKey.ofCertificate(named(new byte[] {1, 2, 3, 4})).keyId())
        .isEqualTo(0x01020304);
    byte[] tooShort = named(new byte[] {1, 2, 3});
    assertThatThrownBy(() -> ImaSigningKey.ofCertificate(tooShort))
        .isInstanceOf(MalformedEvidenceException.class)
        .hasMessageEndingWith(", was key identifier of 3 bytes");
    assertThatThrownBy(() -> ImaSigningKey.of(bare.der()))
        .isInstanceOf(MalformedEvidenceException.class);
    assertThatThrownBy(() -> ImaSigningKey.ofCertificate(key))
        .isInstanceOf(MalformedEvidenceException.class);
  }

  private static byte[] named(byte[] identifier) {
    return SoftwareCa.root(
            profile ->
                profile.with(
                    Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(identifier)))
        .der();
  }

  @Test
  void measurementOfAKey_isItsKeyringAZeroAndItsDigest() {
    Octets key = Statement.value(TpmAlg.SHA256, 1).value();
    byte[] named = SoftwareIma.join(SoftwareIma.ascii(".ima\0"), key.bytes());

    assertThat(ImaSigningKey.measurement(".ima", key))
        .isEqualTo(Octets.of(TpmAlg.SHA256.newDigest().digest(named)))
        .isNotEqualTo(ImaSigningKey.measurement(".evm", key));
  }

  @Test
  void signatureOfRsa_ofAnotherLengthOrBeyondTheModulus_doesNotVerify() throws Exception {
    byte[] digest = TpmAlg.SHA256.newDigest().digest(CONTENT);
    byte[] signature = ImaSignature.parse(RSA.sign(TpmAlg.SHA256, CONTENT)).value().bytes();
    BigInteger modulus = ((RSAPublicKey) RSA.pair.getPublic()).getModulus();
    byte[] beyond = new BigInteger(1, signature).add(modulus).toByteArray();
    byte[] ones = new byte[256];
    Arrays.fill(ones, (byte) 0xff);

    assertThat(RSA.key().verifies(TpmAlg.SHA256, digest, signature)).isTrue();
    for (byte[] other : List.of(SoftwareIma.join(new byte[1], signature), beyond, ones)) {
      assertThat(RSA.key().verifies(TpmAlg.SHA256, digest, other)).isFalse();
    }
  }

  @Test
  void changeOfAnyByte_doesNotVerify() throws Exception {
    for (SoftwareImaSigner signer : List.of(RSA, P256)) {
      byte[] attribute = signer.sign(TpmAlg.SHA256, CONTENT);
      for (int at = 0; at < attribute.length; at++) {
        byte[] changed = attribute.clone();
        changed[at] ^= 1;
        boolean keyId = at >= 3 && at < 7; // names a key, and is not signed
        boolean verified;
        try {
          verified = verifies(signer, TpmAlg.SHA256, changed);
        } catch (MalformedEvidenceException e) {
          verified = false;
        }
        assertThat(verified).as("byte " + at).isEqualTo(keyId);
      }
    }
  }

  @Test
  void signatureOfAnotherKind_isNotForTheDigest() throws Exception {
    byte[] digest = TpmAlg.SHA256.newDigest().digest(CONTENT);
    ImaSignature file = ImaSignature.parse(P256.sign(TpmAlg.SHA256, CONTENT));
    ImaSignature verity =
        ImaSignature.parse(P256.signVersion3(ImaSignature.VERITY, TpmAlg.SHA256, digest));

    assertThat(file.signedDigest(TpmAlg.SHA256, true, digest)).isEmpty();
    assertThat(file.signedDigest(TpmAlg.SHA384, false, digest)).isEmpty();
    assertThat(verity.signedDigest(TpmAlg.SHA256, false, digest)).isEmpty();
    assertThat(verity.signedDigest(TpmAlg.SHA256, true, digest)).isPresent();
  }

  @Test
  void attributeThatIsNoSignature_isMalformed() {
    byte[] attribute = RSA.sign(TpmAlg.SHA256, CONTENT);
    for (int length = 0; length < attribute.length; length++) {
      byte[] cut = Arrays.copyOf(attribute, length);
      assertThatThrownBy(() -> ImaSignature.parse(cut))
          .isInstanceOf(MalformedEvidenceException.class);
    }
    for (byte[] header :
        List.of(
            new byte[] {5, 2, 4, 0, 0, 0, 0, 0, 1, 1}, // EVM's, over the file's attributes
            new byte[] {3, 1, 4, 0, 0, 0, 0, 0, 1, 1},
            new byte[] {6, 2, 4, 0, 0, 0, 0, 0, 1, 1}, // fs-verity's without its kind
            new byte[] {3, 2, 2, 0, 0, 0, 0, 0, 1, 1}, // SHA-1
            new byte[] {3, 2, 4, 0, 0, 0, 0, 0, 0})) {
      assertThatThrownBy(() -> ImaSignature.parse(header))
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }

  @Test
  void keyThatIsTooWeakOrNone_isNotTaken() throws Exception {
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(1024);
    byte[] weak = rsa.generateKeyPair().getPublic().getEncoded();
    rsa.initialize(new RSAKeyGenParameterSpec(2048, RSAKeyGenParameterSpec.F0));
    byte[] exponent3 = rsa.generateKeyPair().getPublic().getEncoded();
    byte[] ed25519 =
        KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic().getEncoded();

    assertThat(ImaSigningKey.of(exponent3)).isNotNull();
    assertThatThrownBy(() -> ImaSigningKey.of(weak))
        .hasMessageEndingWith(", was RSA of 1024 bits with exponent 65537");
    for (byte[] key : List.of(weak, ed25519, new byte[0], new byte[] {0x30, 0})) {
      assertThatThrownBy(() -> ImaSigningKey.of(key))
          .isInstanceOf(MalformedEvidenceException.class)
          .hasMessageContaining("RSA from 2048 bits");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2047, 65537, false",
    "2048, 65537, true",
    "4096, 65537, true",
    "4097, 65537, false",
    "2048, 1, false",
    "2048, 2, false",
    "2048, 3, true",
    "2048, 4294967295, true",
    "2048, 4294967297, false"
  })
  void keyOfRsa_isTakenWithinItsBounds(int bits, long exponent, boolean taken) throws Exception {
    BigInteger modulus = BigInteger.ONE.shiftLeft(bits - 1).setBit(0);
    byte[] key =
        new SubjectPublicKeyInfo(
                new AlgorithmIdentifier(PKCSObjectIdentifiers.rsaEncryption, DERNull.INSTANCE),
                new org.bouncycastle.asn1.pkcs.RSAPublicKey(modulus, BigInteger.valueOf(exponent)))
            .getEncoded();

    if (taken) {
      assertThat(ImaSigningKey.of(key)).isNotNull();
    } else {
      assertThatThrownBy(() -> ImaSigningKey.of(key))
          .isInstanceOf(MalformedEvidenceException.class)
          .hasMessageEndingWith(", was RSA of " + bits + " bits with exponent " + exponent);
    }
  }

  @Test
  void pointThatIsNotOnItsCurve_isNoKey() {
    for (TpmCurve curve : TpmCurve.values()) {
      byte[] key = SoftwareImaSigner.ecdsa(curve).pair.getPublic().getEncoded();
      key[key.length - 1] ^= 1;

      assertThatThrownBy(() -> ImaSigningKey.of(key))
          .as(curve.toString())
          .isInstanceOf(MalformedEvidenceException.class);
    }
  }
}
