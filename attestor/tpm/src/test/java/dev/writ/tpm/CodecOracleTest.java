// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmCredential;
import dev.writ.evidence.TpmName;
import dev.writ.evidence.TpmsAttest;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TpmtSignature;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The verifier's codec beside libtss2-mu, over structures of a TPM and mutations of them. The library
 * is the laxer one: whatever it refuses the codec refuses, and what both accept is the same bytes.
 */
final class CodecOracleTest {
  private static final int MUTATIONS = Integer.getInteger("writ.oracle.mutations", 4_000);

  private static final int[] EDGES = {0, 1, 2, 3, 4, 5, 16, 17, 0x7f, 0x80, 0xff};
  private static final byte[] ID_OBJECT = sized(new byte[52]);
  private static final byte[] ENCRYPTED_SECRET = sized(new byte[256]);

  private interface Codec {
    Optional<byte[]> remarshal(byte[] wire) throws MalformedEvidenceException;
  }

  /** A structure, the codec's reading of it, and how many of a TPM's own to start from. */
  private record Subject(WireType type, Codec codec, List<byte[]> seeds) {
    @Override
    public String toString() {
      return type.name();
    }
  }

  @TempDir private static Path folder;
  private static MuOracleProcess oracle;
  private static final List<byte[]> ATTESTS = new ArrayList<>();
  private static final List<byte[]> PUBLICS = new ArrayList<>();
  private static final List<byte[]> SIGNATURES = new ArrayList<>();
  private static final List<byte[]> NAMES = new ArrayList<>();

  @BeforeAll
  static void collect() throws Exception {
    EndorsementAuthority authority = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    byte[] selection = PcrSelection.of(TpmAlg.SHA256, 0, 7, 23).encode();
    try (SwtpmHost host = SwtpmHost.manufacture(folder, authority);
        Tpm tpm = Tpm.open(host.tcti());
        InstanceKey key = tpm.loadInstanceKey(tpm.createInstanceKey())) {
      for (SignedAttest attest :
          List.of(tpm.quote(selection, new byte[32]), key.certify(new byte[32]))) {
        ATTESTS.add(attest.attest());
        SIGNATURES.add(attest.signature());
      }
      for (EndorsementKeyKind kind : EndorsementKeyKind.values()) {
        PUBLICS.add(tpm.endorsementKey(kind).publicArea());
      }
      PUBLICS.add(tpm.attestationKey().publicArea());
      PUBLICS.add(key.publicArea());
      NAMES.add(tpm.attestationKey().name());
    }
    // RSASSA and RSAPSS with SHA-256, as RSA attestation keys sign.
    for (int scheme : new int[] {0x0014, 0x0016}) {
      SIGNATURES.add(new Template.Wire().u16(scheme).u16(0x000b).sized(filled(256)).bytes());
    }
    oracle = new MuOracleProcess();
  }

  @AfterAll
  static void stop() {
    oracle.close();
  }

  static Stream<Subject> subjects() {
    List<byte[]> selections =
        List.of(
            PcrSelection.of(TpmAlg.SHA256, 0, 7, 23).encode(),
            PcrSelection.of(TpmAlg.SHA384, 0).and(TpmAlg.SHA1, 1, 2).encode());
    return Stream.of(
        new Subject(
            WireType.TPMS_ATTEST, wire -> Optional.of(TpmsAttest.parse(wire).bytes()), ATTESTS),
        new Subject(
            WireType.TPM2B_ATTEST,
            wire -> Optional.of(sized(TpmsAttest.parseTpm2b(wire).bytes())),
            sizedAll(ATTESTS)),
        new Subject(
            WireType.TPMT_PUBLIC, wire -> Optional.of(TpmtPublic.parse(wire).bytes()), PUBLICS),
        new Subject(
            WireType.TPM2B_PUBLIC,
            wire -> Optional.of(sized(TpmtPublic.parseTpm2b(wire).bytes())),
            sizedAll(PUBLICS)),
        new Subject(
            WireType.TPMT_SIGNATURE,
            wire -> Optional.of(TpmtSignature.parse(wire).encode()),
            SIGNATURES),
        new Subject(
            WireType.TPML_PCR_SELECTION,
            wire -> Optional.of(PcrSelection.parse(wire).encode()),
            selections),
        new Subject(
            WireType.TPM2B_ID_OBJECT,
            wire -> whole(wire, TpmCredential.parse(join(wire, ENCRYPTED_SECRET)).tpm2bIdObject()),
            List.of(ID_OBJECT)),
        new Subject(
            WireType.TPM2B_ENCRYPTED_SECRET,
            wire -> whole(wire, TpmCredential.parse(join(ID_OBJECT, wire)).tpm2bEncryptedSecret()),
            List.of(ENCRYPTED_SECRET)),
        new Subject(WireType.TPM2B_NAME, CodecOracleTest::remarshalName, sizedAll(NAMES)));
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void codec_ofRealStructures_agreesWithTheLibrary(Subject subject) throws Exception {
    for (byte[] seed : subject.seeds()) {
      assertThat(oracle.remarshal(subject.type(), seed)).hasValue(seed);
      assertThat(subject.codec().remarshal(seed)).hasValue(seed);
    }
  }

  @ParameterizedTest
  @MethodSource("subjects")
  void codec_ofMutations_acceptsNothingThatTheLibraryRefuses(Subject subject) throws Exception {
    Random random = new Random(subject.type().name().hashCode());
    int accepted = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] wire = mutation(subject.seeds().get(i % subject.seeds().size()), random);
      Optional<byte[]> ours = ours(subject.codec(), wire);
      if (ours.isEmpty()) {
        continue;
      }
      accepted++;
      assertThat(oracle.remarshal(subject.type(), wire))
          .describedAs("%s %s", subject, HexFormat.of().formatHex(wire))
          .isPresent()
          .hasValueSatisfying(theirs -> assertThat(theirs).isEqualTo(ours.get()));
    }
    assertThat(accepted).describedAs("mutations that both accept").isPositive();
  }

  /** What is not of the form the library may refuse or, where it is laxer, accept: never ours alone. */
  private static Optional<byte[]> ours(Codec codec, byte[] wire) {
    try {
      return codec.remarshal(wire);
    } catch (MalformedEvidenceException e) {
      return Optional.empty();
    }
  }

  private static byte[] mutation(byte[] seed, Random random) {
    if (random.nextInt(16) == 0) {
      byte[] noise = new byte[1 + random.nextInt(2 * seed.length)];
      random.nextBytes(noise);
      return noise;
    }
    byte[] wire = seed.clone();
    int times = 1 + random.nextInt(3);
    for (int i = 0; i < times; i++) {
      int at = random.nextInt(wire.length);
      switch (random.nextInt(6)) {
        case 0 -> wire[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> wire[at] = (byte) random.nextInt(256);
        case 2 -> wire[at] = (byte) EDGES[random.nextInt(EDGES.length)];
        case 3 -> wire = Arrays.copyOf(wire, Math.max(1, wire.length - random.nextInt(4)));
        case 4 -> wire = Arrays.copyOf(wire, wire.length + random.nextInt(4));
        default -> {
          int from = random.nextInt(wire.length);
          int length = Math.min(random.nextInt(8), wire.length - Math.max(at, from));
          System.arraycopy(wire, from, wire, at, length);
        }
      }
    }
    return wire;
  }

  /**
   * The credential's two fields follow each other: a byte after the first may read as the second's
   * size. Then the first was not what {@code wire} says, and a codec of it alone would refuse.
   */
  private static Optional<byte[]> whole(byte[] wire, byte[] field) {
    return field.length == wire.length ? Optional.of(field) : Optional.empty();
  }

  /** A TpmName is a TPM2B_NAME's content, so its size is judged here. */
  private static Optional<byte[]> remarshalName(byte[] wire) throws MalformedEvidenceException {
    boolean exact =
        wire.length >= 2
            && Short.toUnsignedInt(ByteBuffer.wrap(wire).getShort()) == wire.length - 2;
    return exact
        ? Optional.of(sized(TpmName.parse(Arrays.copyOfRange(wire, 2, wire.length)).bytes()))
        : Optional.empty();
  }

  private static List<byte[]> sizedAll(List<byte[]> contents) {
    return contents.stream().map(CodecOracleTest::sized).toList();
  }

  private static byte[] sized(byte[] content) {
    return new Template.Wire().sized(content).bytes();
  }

  private static byte[] filled(int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) 0x5a);
    return bytes;
  }

  private static byte[] join(byte[] first, byte[] second) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    joined.writeBytes(first);
    joined.writeBytes(second);
    return joined.toByteArray();
  }
}
