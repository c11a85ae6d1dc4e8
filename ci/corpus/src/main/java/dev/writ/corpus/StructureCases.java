// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import dev.writ.evidence.Evidence;
import dev.writ.evidence.ImaSegment;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.TpmsAttest;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TpmtSignature;
import dev.writ.fixtures.Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.DeflaterOutputStream;

/** 1 to 8: structures that are not what they should be; 93: logs that expand to what they do not say. */
final class StructureCases {
  private static final String MALFORMED = "evidence_malformed";

  private final CorpusKey ak = CorpusKey.attestation();
  private final EvidencePackage good = EvidencePackage.of(ak, CorpusKey.instance());

  List<NegativeCase> cases() {
    return List.of(
        new NegativeCase(1, Level.CODEC, "truncated at every byte offset", this::truncated),
        new NegativeCase(2, Level.CODEC, "trailing byte after a structure", this::trailing),
        new NegativeCase(
            3,
            Level.CODEC,
            "accept: TPM2B-wrapped and bare, each where it is asked",
            this::wrapped),
        new NegativeCase(4, Level.CODEC, "oversize lengths", this::oversize),
        new NegativeCase(
            5, Level.CODEC, "pcrSelect of a count or a size that is none", this::selection),
        new NegativeCase(6, Level.CODEC, "duplicate bank entries", this::duplicateBanks),
        new NegativeCase(7, Level.CODEC, "unknown algorithm", this::unknownAlgorithm),
        new NegativeCase(
            8, Level.VERIFIER, "selection and values in different order", this::otherOrder),
        new NegativeCase(93, Level.VERIFIER, "compressed or nested input", this::compressedLogs));
  }

  private void compressedLogs(Tries tries) {
    byte[] zeros = new byte[1 << 16];
    for (int id : new int[] {EvidencePackage.BOOT_LOG, EvidencePackage.IMA_LIST}) {
      int most = id == EvidencePackage.BOOT_LOG ? Evidence.MAX_BOOT_LOG : ImaSegment.MAX_BYTES;
      tries.accepted("log " + id + " as long as it says", () -> log(id, zeros.length, zeros));
      tries.refused(
          "log " + id + " that says to be longer than any",
          MALFORMED,
          () -> Judge.parsed(Evidence::parse, with(id, most + 1, zeros)));
      tries.refused(
          "log " + id + " that says to be as long as no number",
          MALFORMED,
          () -> Judge.parsed(Evidence::parse, with(id, -1, zeros)));
      for (int said : new int[] {0, 1, zeros.length - 1, zeros.length + 1, most}) {
        tries.refused(
            "log " + id + " of " + zeros.length + " that says to be " + said,
            MALFORMED,
            () -> log(id, said, zeros));
      }
      byte[] bomb = new byte[64 << 20];
      tries.refused("log " + id + " of 64 MiB", MALFORMED, () -> log(id, most, bomb));
    }
  }

  private byte[] with(int id, int said, byte[] log) {
    return good.with(id, new Wire().u8(1).u32(said).bytes(zlib(log)).toByteArray()).encode();
  }

  /** What becomes of a log that is read, which is when it is expanded. */
  private Observed log(int id, int said, byte[] log) {
    byte[] whole = with(id, said, log);
    return Judge.parsed(
        bytes -> {
          Evidence evidence = Evidence.parse(bytes);
          return (id == EvidencePackage.BOOT_LOG ? evidence.bootLog() : evidence.imaList())
              .orElseThrow()
              .expand();
        },
        whole);
  }

  private static byte[] zlib(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(out)) {
      deflater.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("bug: writing to memory failed", e);
    }
    return out.toByteArray();
  }

  private void truncated(Tries tries) {
    byte[] whole = good.encode();
    tries.accepted("the whole", () -> Judge.evidence(ak, whole));
    for (int i = 0; i < whole.length; i++) {
      byte[] cut = Arrays.copyOf(whole, i);
      tries.refused("cut after " + i, MALFORMED, () -> Judge.parsed(Evidence::parse, cut));
    }
    // Each section as well, in a package that says so.
    for (int id = EvidencePackage.QUOTE; id <= EvidencePackage.KEY_SIGNATURE; id++) {
      byte[] section = good.section(id);
      for (int i = 0; i < section.length; i++) {
        byte[] cut = good.with(id, Arrays.copyOf(section, i)).encode();
        tries.refused(
            "section " + id + " cut after " + i,
            MALFORMED,
            () -> Judge.parsed(Evidence::parse, cut));
      }
    }
  }

  private void trailing(Tries tries) {
    for (int id = EvidencePackage.QUOTE; id <= EvidencePackage.KEY_SIGNATURE; id++) {
      for (byte extra : new byte[] {0, (byte) 0xff}) {
        byte[] longer = good.with(id, longer(good.section(id), extra)).encode();
        tries.refused(
            "after section " + id, MALFORMED, () -> Judge.parsed(Evidence::parse, longer));
      }
    }
    byte[] whole = longer(good.encode(), (byte) 0);
    tries.refused("after the package", MALFORMED, () -> Judge.parsed(Evidence::parse, whole));
  }

  private static byte[] longer(byte[] bytes, byte extra) {
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    longer[bytes.length] = extra;
    return longer;
  }

  private void wrapped(Tries tries) {
    byte[] attest = good.section(EvidencePackage.QUOTE);
    byte[] area = good.section(EvidencePackage.KEY);
    byte[] wrappedAttest = new Wire().sized(attest).toByteArray();
    byte[] wrappedArea = new Wire().sized(area).toByteArray();

    tries.accepted("bare attest", () -> Judge.parsed(TpmsAttest::parse, attest));
    tries.accepted("wrapped attest", () -> Judge.parsed(TpmsAttest::parseTpm2b, wrappedAttest));
    tries.accepted("bare public", () -> Judge.parsed(TpmtPublic::parse, area));
    tries.accepted("wrapped public", () -> Judge.parsed(TpmtPublic::parseTpm2b, wrappedArea));
    tries.refused(
        "wrapped attest as bare", MALFORMED, () -> Judge.parsed(TpmsAttest::parse, wrappedAttest));
    tries.refused(
        "bare attest as wrapped", MALFORMED, () -> Judge.parsed(TpmsAttest::parseTpm2b, attest));
    tries.refused(
        "wrapped public as bare", MALFORMED, () -> Judge.parsed(TpmtPublic::parse, wrappedArea));
    tries.refused(
        "bare public as wrapped", MALFORMED, () -> Judge.parsed(TpmtPublic::parseTpm2b, area));
    byte[] inPackage = good.with(EvidencePackage.QUOTE, wrappedAttest).encode();
    tries.refused(
        "wrapped attest in a package", MALFORMED, () -> Judge.parsed(Evidence::parse, inPackage));
  }

  private void oversize(Tries tries) {
    for (int id = EvidencePackage.QUOTE; id <= EvidencePackage.KEY_SIGNATURE; id++) {
      for (int length : new int[] {0xffff, 0x10001, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
        byte[] bytes = good.encode();
        byte[] field = new Wire().u32(length).toByteArray();
        System.arraycopy(field, 0, bytes, good.lengthOffset(id), field.length);
        tries.refused(
            "section " + id + " of " + Integer.toUnsignedString(length) + " bytes",
            MALFORMED,
            () -> Judge.parsed(Evidence::parse, bytes));
      }
    }
    // The two sizes of TPM2B in the head of a statement.
    byte[] attest = good.section(EvidencePackage.QUOTE);
    for (int at : new int[] {6, 6 + 2 + Statement.ENDORSEMENT_HIERARCHY.length}) {
      byte[] bytes = attest.clone();
      bytes[at] = (byte) 0xff;
      bytes[at + 1] = (byte) 0xff;
      tries.refused(
          "TPM2B at " + at + " of 65535 bytes",
          MALFORMED,
          () -> Judge.parsed(TpmsAttest::parse, bytes));
    }
    byte[] signature =
        new Wire().u16(CorpusKey.RSASSA).u16(CorpusKey.SHA256).u16(0xffff).toByteArray();
    tries.refused(
        "signature of 65535 bytes", MALFORMED, () -> Judge.parsed(TpmtSignature::parse, signature));
    byte[] huge = Arrays.copyOf(good.encode(), Evidence.MAX_BYTES + 1);
    tries.refused("package over its limit", MALFORMED, () -> Judge.parsed(Evidence::parse, huge));
  }

  private void selection(Tries tries) {
    String bank = "000b03010000";
    List<String> all =
        List.of(
            "00000000",
            "00000011" + bank,
            "80000000" + bank,
            "ffffffff" + bank,
            "00000001000b00",
            "00000001000b020100",
            "00000001000b0401000000",
            "00000001000bff01000000");
    for (String hex : all) {
      byte[] bytes = HexFormat.of().parseHex(hex);
      tries.refused(hex, MALFORMED, () -> Judge.parsed(PcrSelection::parse, bytes));
      byte[] attest = Statement.quote(bytes, new byte[32]).encode();
      tries.refused(hex + " in a quote", MALFORMED, () -> Judge.parsed(TpmsAttest::parse, attest));
    }
    tries.accepted(
        "one bank",
        () -> Judge.parsed(PcrSelection::parse, HexFormat.of().parseHex("00000001" + bank)));
  }

  private void duplicateBanks(Tries tries) {
    byte[] selection = Pcrs.of(CorpusKey.SHA256, 0).and(CorpusKey.SHA256, 1).selection();
    byte[] values = Pcrs.of(CorpusKey.SHA256, 0).and(CorpusKey.SHA256, 0).encode();
    byte[] attest = Statement.quote(selection, new byte[32]).encode();

    tries.refused("selection", MALFORMED, () -> Judge.parsed(PcrSelection::parse, selection));
    tries.refused("values", MALFORMED, () -> Judge.parsed(PcrValues::parse, values));
    tries.refused("quote", MALFORMED, () -> Judge.parsed(TpmsAttest::parse, attest));
  }

  private void unknownAlgorithm(Tries tries) {
    for (int id : new int[] {0x0000, 0x0003, 0x0010, 0x0012, 0x7fff, 0xffff}) {
      String name = String.format("0x%04x as ", id);
      byte[] bank = new Wire().u32(1).u16(id).u8(3).u8(1).u8(0).u8(0).toByteArray();
      tries.refused(name + "bank", MALFORMED, () -> Judge.parsed(PcrSelection::parse, bank));
      byte[] scheme = new Wire().u16(id).u16(CorpusKey.SHA256).sized(new byte[256]).toByteArray();
      tries.refused(name + "scheme", MALFORMED, () -> Judge.parsed(TpmtSignature::parse, scheme));
      byte[] hash = CorpusKey.encoded(CorpusKey.RSASSA, id, new byte[256]);
      tries.refused(name + "hash", MALFORMED, () -> Judge.parsed(TpmtSignature::parse, hash));
      byte[] area = ak.area.withNameAlg(id).encode();
      tries.refused(name + "nameAlg", MALFORMED, () -> Judge.attestationKey(area));
      byte[] type = ak.area.encode();
      type[0] = (byte) (id >>> 8);
      type[1] = (byte) id;
      tries.refused(name + "key type", MALFORMED, () -> Judge.attestationKey(type));
    }
  }

  private void otherOrder(Tries tries) {
    Pcrs other = Pcrs.of(CorpusKey.SHA384, 0, 4).and(CorpusKey.SHA256, 0, 1, 7);
    byte[] attest = Statement.quote(Pcrs.ASKED, CorpusKey.SHA256).encode();
    byte[] signature = ak.sign(attest);

    tries.accepted("the order signed", () -> Judge.quote(ak, attest, signature, Pcrs.ASKED));
    tries.refused(
        "banks in another order",
        "pcr_values_selection_mismatch",
        () -> Judge.quote(ak, attest, signature, other));
    byte[] otherAttest = Statement.quote(other, CorpusKey.SHA256).encode();
    tries.refused(
        "banks signed in another order than asked",
        "pcr_selection_mismatch",
        () -> Judge.quote(ak, otherAttest, ak.sign(otherAttest), other));
  }
}
