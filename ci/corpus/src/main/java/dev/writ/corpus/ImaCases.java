// SPDX-License-Identifier: Apache-2.0
package dev.writ.corpus;

import static dev.writ.corpus.ImaJudge.INIT;
import static dev.writ.corpus.ImaJudge.SHELL;
import static dev.writ.corpus.ImaJudge.aggregate;
import static dev.writ.corpus.ImaJudge.booted;
import static dev.writ.corpus.ImaJudge.digest;
import static dev.writ.corpus.ImaJudge.file;
import static dev.writ.corpus.ImaJudge.policy;
import static dev.writ.corpus.ImaJudge.quoted;

import dev.writ.corpus.ImaJudge.Form;
import dev.writ.evidence.ImaPolicy;
import dev.writ.evidence.ImaSigningKey;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.Octets;
import dev.writ.evidence.TrustTier;
import dev.writ.fixtures.SoftwareImaList;
import dev.writ.fixtures.SoftwareImaList.Field;
import dev.writ.fixtures.Wire;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** 70 to 77: IMA measurement lists, each in a whole package beside the quote of PCRs 0 to 10. */
final class ImaCases {
  private static final String MALFORMED = "evidence_malformed";
  private static final String TEMPLATE_DIGEST = "ima_template_digest_mismatch";
  private static final String NOT_REPLAYED = "ima_not_replayed";
  private static final String UNLISTED = "ima_entry_unlisted";
  private static final String EVIL = "/tmp/evil";

  /** A byte of an entry's template digest in both forms; in binary its first. */
  private static final int DIGEST_AT = 4;

  private final ImaJudge judge = new ImaJudge();
  private final CorpusKey signer = CorpusKey.instance();

  List<NegativeCase> cases() {
    return List.of(
        of(70, "template hash mismatch", this::templateHash),
        of(71, "violation record", this::violation),
        of(72, "truncated last line", this::truncated),
        of(73, "path with spaces, newlines or NUL", this::paths),
        of(74, "boot_aggregate other than the quoted PCRs'", this::bootAggregate),
        of(75, "list of SHA-1 templates with a SHA-256 bank", this::sha1Templates),
        of(76, "accept: list longer than PCR 10, up to the match point", this::longer),
        of(77, "keyring added after use", this::keyring));
  }

  private NegativeCase of(int number, String title, NegativeCase.Body body) {
    return new NegativeCase(
        number,
        Level.VERIFIER,
        title,
        tries -> {
          for (Form form : Form.values()) {
            tries.accepted("what was listed, in " + form, () -> judge.own(form, booted()));
          }
          body.run(tries);
        });
  }

  private void templateHash(Tries tries) {
    SoftwareImaList list = booted();
    Pcrs quoted = quoted(list);
    for (Form form : Form.values()) {
      byte[] bytes = form.of(list);
      for (int entry = 0; entry < list.size(); entry++) {
        byte[] other = bytes.clone();
        int at = form.start(list, entry) + DIGEST_AT;
        // A digit of the ASCII form stays one.
        other[at] = (byte) (form == Form.BINARY ? other[at] ^ 1 : other[at] == '0' ? '1' : '0');
        tries.refused(
            "digest of entry " + entry + ", " + form,
            TEMPLATE_DIGEST,
            () -> judge.judged(form, other, quoted));
      }
      byte[] renamed = bytes.clone();
      // The last letter of the path, before its zero or the line's end.
      renamed[bytes.length - 2] ^= 1;
      tries.refused("path, " + form, TEMPLATE_DIGEST, () -> judge.judged(form, renamed, quoted));
      byte[] fewer = Arrays.copyOf(bytes, form.start(list, 2));
      tries.refused(
          "an entry left out, " + form, NOT_REPLAYED, () -> judge.judged(form, fewer, quoted));
      SoftwareImaList other =
          file(file(aggregate(new SoftwareImaList(), "sha256", CorpusKey.SHA256, 10), SHELL), INIT);
      tries.refused(
          "entries exchanged, " + form,
          NOT_REPLAYED,
          () -> judge.judged(form, form.of(other), quoted));
    }
    tries.refused(
        "an entry of another PCR",
        "ima_pcr_other",
        () -> judge.own(Form.BINARY, file(booted().toPcr(11), INIT)));
    tries.refused("no list", "ima_list_given", () -> judge.without(quoted));
  }

  private void violation(Tries tries) {
    SoftwareImaList violated = booted().violation("/var/log/messages");
    for (Form form : Form.values()) {
      tries.refused("of a file, " + form, "ima_violation", () -> judge.own(form, violated));
    }
    tries.refused(
        "of a file that the policy excludes",
        "ima_violation",
        () -> judge.own(Form.BINARY, violated, policy().exclude("/var/log/")));
    tries.accepted(
        "where the policy only warns",
        () -> judge.own(Form.BINARY, violated, policy().violations(TrustTier.WARNING)));
    SoftwareImaList list = booted();
    byte[] claimed = list.binary(0);
    int last = Form.BINARY.start(list, 2);
    Arrays.fill(claimed, last + DIGEST_AT, last + DIGEST_AT + 20, (byte) 0);
    tries.refused(
        "claimed of an entry that is none",
        NOT_REPLAYED,
        () -> judge.judged(Form.BINARY, claimed, quoted(list)));
    tries.refused(
        "left out",
        NOT_REPLAYED,
        () -> judge.judged(Form.BINARY, list.binary(0), quoted(violated)));
  }

  private void truncated(Tries tries) {
    SoftwareImaList list = booted();
    SoftwareImaList longer = file(booted(), INIT);
    for (Form form : Form.values()) {
      byte[] bytes = form.of(list);
      int last = form.start(list, 2);
      tries.refused(
          "after the entry before, " + form,
          NOT_REPLAYED,
          () -> judge.judged(form, Arrays.copyOf(bytes, last), quoted(list)));
      for (int length = last + 1; length < bytes.length; length++) {
        byte[] cut = Arrays.copyOf(bytes, length);
        tries.refused(
            "at byte " + length + ", " + form,
            MALFORMED,
            () -> judge.judged(form, cut, quoted(list)));
      }
      byte[] behind = form.of(longer);
      tries.refused(
          "behind the quote, " + form,
          MALFORMED,
          () -> judge.judged(form, Arrays.copyOf(behind, behind.length - 1), quoted(list)));
    }
  }

  private void paths(Tries tries) {
    SoftwareImaList inner = file(new SoftwareImaList(), SHELL);
    String forged = new String(inner.ascii(0), StandardCharsets.US_ASCII).strip();
    SoftwareImaList lineFeed = file(booted(), "/tmp/x\n" + forged);
    tries.refused(
        "a whole entry behind a line feed, ASCII",
        TEMPLATE_DIGEST,
        () -> judge.own(Form.ASCII, lineFeed));
    tries.refused(
        "a whole entry behind a line feed, BINARY",
        UNLISTED,
        () -> judge.own(Form.BINARY, lineFeed));
    for (Form form : Form.values()) {
      tries.refused(
          "NUL, " + form, MALFORMED, () -> judge.own(form, file(booted(), SHELL + "\0evil")));
      tries.refused(
          "a listed path and more behind a space, " + form,
          UNLISTED,
          () -> judge.own(form, file(booted(), SHELL + " 00")));
      tries.refused(
          "a listed path before its end, " + form,
          UNLISTED,
          () -> judge.own(form, file(booted(), "/tmp/x " + SHELL)));
      SoftwareImaList spaces =
          booted()
              .add("ima-ng", digest(INIT), SoftwareImaList.path("/opt/a 10 b"))
              .add(
                  "ima-sig",
                  digest(INIT),
                  SoftwareImaList.path("/opt/ 00"),
                  SoftwareImaList.bytes(new byte[0]));
      tries.accepted(
          "listed digests under paths with spaces, " + form, () -> judge.own(form, spaces));
    }
    Field unterminated = new Field(SHELL.getBytes(StandardCharsets.US_ASCII), new byte[0]);
    tries.refused(
        "a path without its zero",
        MALFORMED,
        () -> judge.own(Form.BINARY, booted().add("ima-ng", digest(SHELL), unterminated)));
  }

  private void bootAggregate(Tries tries) {
    for (int pcrs : new int[] {0, 7, 9}) {
      SoftwareImaList other =
          file(aggregate(new SoftwareImaList(), "sha256", CorpusKey.SHA256, pcrs), INIT);
      tries.refused(
          "over the first " + pcrs + " PCRs",
          "ima_boot_aggregate_mismatch",
          () -> judge.own(Form.BINARY, other));
    }
    for (int pcrs : new int[] {8, 10}) {
      SoftwareImaList right =
          file(aggregate(new SoftwareImaList(), "sha256", CorpusKey.SHA256, pcrs), INIT);
      tries.accepted("over the first " + pcrs + " PCRs", () -> judge.own(Form.BINARY, right));
    }
    Map<String, SoftwareImaList> missing = new LinkedHashMap<>();
    missing.put("no entry", new SoftwareImaList());
    missing.put("a file first", file(new SoftwareImaList(), INIT));
    missing.put(
        "a violation of that name",
        new SoftwareImaList().violation(SoftwareImaList.BOOT_AGGREGATE));
    missing.forEach(
        (what, list) ->
            tries.refused(what, "ima_boot_aggregate_missing", () -> judge.own(Form.BINARY, list)));
    SoftwareImaList kexec = aggregate(booted(), "sha256", CorpusKey.SHA256, 5);
    tries.refused(
        "a second one of other PCRs, as after a kexec",
        UNLISTED,
        () -> judge.own(Form.BINARY, kexec));
  }

  private void sha1Templates(Tries tries) {
    SoftwareImaList list = booted().violation("/var/log/messages");
    for (Form form : Form.values()) {
      tries.refused(
          "SHA-1 digests with zeros behind them extended the bank, " + form,
          "ima_bank_sha1_padded",
          () -> judge.judged(form, form.of(list), quoted(list.paddedValue(CorpusKey.SHA256))));
    }
    SoftwareImaList sha1 = aggregate(new SoftwareImaList(), "sha1", CorpusKey.SHA1, 8);
    Pcrs bank =
        new Pcrs(List.of())
            .and(CorpusKey.SHA1, (hash, pcr) -> sha1.value(hash), SoftwareImaList.PCR);
    tries.refused(
        "the bank of SHA-1 alone",
        "ima_pcr_not_quoted",
        () -> judge.judged(Form.BINARY, sha1.binary(0), bank));
    SoftwareImaList weak =
        booted()
            .add(
                "ima-ng",
                SoftwareImaList.digest("sha1", new byte[20]),
                SoftwareImaList.path("/opt/a"));
    tries.refused(
        "a file's digest of SHA-1", "ima_digest_weak", () -> judge.own(Form.BINARY, weak));
  }

  private void longer(Tries tries) {
    SoftwareImaList before = booted();
    SoftwareImaList after = file(file(booted(), INIT), EVIL);
    for (Form form : Form.values()) {
      byte[] all = form.of(after);
      tries.accepted(
          "entries behind the quote, which are not judged, " + form,
          () -> judge.judged(form, all, quoted(before)));
      tries.refused(
          "the same once they are quoted, " + form,
          UNLISTED,
          () -> judge.judged(form, all, quoted(after)));
      tries.refused(
          "a list that is shorter than the quote, " + form,
          NOT_REPLAYED,
          () -> judge.judged(form, form.of(before), quoted(file(booted(), INIT))));
      tries.refused(
          "a PCR that something else extended, " + form,
          NOT_REPLAYED,
          () -> judge.judged(form, all, quoted(Pcrs.value(CorpusKey.SHA256, SoftwareImaList.PCR))));
    }
  }

  private void keyring(Tries tries) throws Exception {
    byte[] certificate = "certificate of the signer".getBytes(StandardCharsets.US_ASCII);
    Octets sha256 = Octets.of(CorpusKey.digest(CorpusKey.SHA256, certificate));
    ImaPolicy.Builder policy =
        policy().key(".ima", sha256).signer(signingKey().measuredInto(".ima", sha256));
    for (Form form : Form.values()) {
      tries.accepted(
          "added before use, " + form,
          () -> judge.own(form, signed(added(booted(), certificate)), policy));
      tries.refused(
          "added after use, " + form,
          "ima_key_after_use",
          () -> judge.own(form, added(signed(booted()), certificate), policy));
      tries.refused(
          "never added, " + form,
          "ima_key_after_use",
          () -> judge.own(form, signed(booted()), policy));
      tries.refused(
          "a key that is not listed, " + form,
          "ima_key_unlisted",
          () -> judge.own(form, added(booted(), new byte[] {1}), policy));
    }
    tries.refused(
        "a key listed for another keyring",
        "ima_key_unlisted",
        () -> judge.own(Form.BINARY, added(booted(), certificate), policy().key(".evm", sha256)));
    tries.refused(
        "a key that is not listed, where unlisted entries are only counted",
        "ima_key_unlisted",
        () ->
            judge.own(
                Form.BINARY, added(booted(), certificate), policy().unlisted(TrustTier.NONE)));
  }

  /** A key that was added to the keyring {@code .ima}. */
  private static SoftwareImaList added(SoftwareImaList list, byte[] certificate) {
    byte[] digest = CorpusKey.digest(CorpusKey.SHA256, certificate);
    return list.add(
        "ima-buf",
        SoftwareImaList.digest("sha256", digest),
        SoftwareImaList.path(".ima"),
        SoftwareImaList.bytes(certificate));
  }

  /** A file with a signature by the signer. */
  private SoftwareImaList signed(SoftwareImaList list) {
    String path = "/opt/a";
    byte[] message = path.getBytes(StandardCharsets.UTF_8);
    byte[] value = signer.derEcdsa(message, CorpusKey.SHA256);
    // struct signature_v2_hdr: EVM_IMA_XATTR_DIGSIG, version 2, HASH_ALGO_SHA256.
    byte[] signature = new Wire().u8(3).u8(2).u8(4).u32(keyId()).sized(value).toByteArray();
    return list.add(
        "ima-sig", digest(path), SoftwareImaList.path(path), SoftwareImaList.bytes(signature));
  }

  private ImaSigningKey signingKey() throws MalformedEvidenceException {
    return ImaSigningKey.of(signer.publicKey().getEncoded());
  }

  /** As evmctl has it: the last four bytes of the SHA-1 of the point, which ends the encoding. */
  private int keyId() {
    byte[] info = signer.publicKey().getEncoded();
    byte[] sha1 = CorpusKey.digest(CorpusKey.SHA1, CorpusKey.tail(info, info.length - 65));
    return ByteBuffer.wrap(sha1, 16, Integer.BYTES).getInt();
  }
}
