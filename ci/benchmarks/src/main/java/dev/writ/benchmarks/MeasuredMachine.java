// SPDX-License-Identifier: Apache-2.0
package dev.writ.benchmarks;

import dev.writ.evidence.AkOutcome;
import dev.writ.evidence.BootLog;
import dev.writ.evidence.BootLogVerifier;
import dev.writ.evidence.BootRules;
import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.Evidence;
import dev.writ.evidence.ImaFormat;
import dev.writ.evidence.ImaPolicy;
import dev.writ.evidence.ImaSegment;
import dev.writ.evidence.MalformedEvidenceException;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.ReferenceValues;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.VerifiedBootLog;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.EventType;
import dev.writ.fixtures.LoggedEvent;
import dev.writ.fixtures.SoftwareBoot;
import dev.writ.fixtures.SoftwareImaList;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.fixtures.UefiData;
import dev.writ.tpm.PcrBank;
import dev.writ.tpm.SignedAttest;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A machine with a TPM simulator that measured a boot, with a log of 60 KB, and then files, with a list
 * of 1 MB: what it sends, what is expected of it, and the same as files for tpm2-tools.
 */
final class MeasuredMachine {
  /** Firmware, boot loader, kernel, IMA. */
  static final PcrSelection SELECTION =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14);

  /** Seven: tpm2_checkquote refuses a values file of eight or more (tpm2-tools issue 3542). */
  private static final PcrSelection SELECTION_OF_TOOLS =
      PcrSelection.of(TpmAlg.SHA256, 0, 2, 4, 7, 8, 9, 10);

  private static final int QUOTES = 16;
  private static final int BOOT_LOG_BYTES = 60_000;
  private static final int IMA_LIST_BYTES = 1_000_000;

  /** Of an entry of ima-ng without its path. */
  private static final int ENTRY_BYTES = 87;

  private static final int REVOKED = 400;
  private static final int NONCE_BYTES = 32;

  /**
   * A package as it was sent.
   *
   * @param evidence its bytes
   */
  record Sent(byte[] qualifyingData, byte[] evidence) {}

  private record Quote(byte[] qualifyingData, SignedAttest signed) {}

  private final Path folder;
  private final SoftwareBoot boot;
  private final SoftwareImaList list = new SoftwareImaList();
  private final ImaPolicy.Builder files = ImaPolicy.builder();
  private final List<Quote> quotes = new ArrayList<>();
  private final Quote quoteForTools;
  private final EnrolledAk attestationKey;
  private final PcrValues values;
  private final ReferenceValues expected;
  private final ReferenceValues expectedWithoutList;

  private MeasuredMachine(Path folder, SoftwareBoot boot, Tpm tpm, SecureRandom random)
      throws TpmException, MalformedEvidenceException, NoSuchAlgorithmException {
    this.folder = folder;
    this.boot = boot;
    for (LoggedEvent event : boot.events()) {
      if (event.measured()) {
        for (byte[] digest : event.digests().values()) {
          tpm.extendPcr(event.pcr(), PcrBank.SHA256, digest);
        }
      }
    }
    measureFiles(tpm);
    this.values = read(tpm);
    this.attestationKey = key(tpm.attestationKey().publicArea());
    for (int i = 0; i < QUOTES; i++) {
      quotes.add(quote(tpm, SELECTION, random));
    }
    this.quoteForTools = quote(tpm, SELECTION_OF_TOOLS, random);
    BootRules learned =
        BootRules.learnedFrom(
            (VerifiedBootLog)
                BootLogVerifier.verify(BootLog.parse(boot.bytes()), verified(quotes.get(0))));
    this.expected = ReferenceValues.builder().boot(learned).ima(files.build()).build();
    this.expectedWithoutList = ReferenceValues.builder().boot(learned).build();
  }

  /**
   * Boots it, which takes some seconds: its TPM is told of every event. It is off again afterwards.
   *
   * @param folder for what tpm2-tools reads
   */
  static MeasuredMachine boot(Path folder) throws Exception {
    SecureRandom random = new SecureRandom();
    // A socket's path must be short (unix(7)), which that of a project's folder need not be.
    Path state = Files.createTempDirectory("tpm-");
    try (SwtpmHost host =
            SwtpmHost.manufacture(state, EndorsementAuthority.create(Instant.now(), random));
        Tpm tpm = Tpm.open(host.tcti())) {
      return new MeasuredMachine(folder, grubOfManyCommands(), tpm, random);
    }
  }

  /** Most of a real log is a long dbx and the commands of GRUB's configuration. */
  private static SoftwareBoot grubOfManyCommands() {
    SoftwareBoot boot = new SoftwareBoot(TpmAlg.SHA256.id());
    boot.bootGrub();
    // The simulator starts at locality 0, and no log says so.
    boot.remove(0).startedAt(0);
    // No partition table is in it, and tpm2_eventlog reads one.
    boot.remove(boot.find(5, EventType.EV_EFI_GPT_EVENT));
    byte[][] revoked = new byte[REVOKED][];
    for (int i = 0; i < REVOKED; i++) {
      revoked[i] = SoftwareBoot.revoked(i);
    }
    boot.remeasure(
        boot.findVariable("dbx"),
        UefiData.variable(
            UefiData.IMAGE_SECURITY, "dbx", UefiData.signatures(UefiData.CERT_SHA256, revoked)));
    int at = boot.find(8, EventType.EV_IPL);
    for (int i = 0; boot.bytes().length < BOOT_LOG_BYTES; i++) {
      String command = "menuentry_" + i + " --class gnu-linux --id gnulinux-" + i + "-advanced";
      boot.insert(
          at,
          boot.event(
              8,
              EventType.EV_IPL,
              UefiData.ascii(command),
              UefiData.ascii("grub_cmd: " + command + "\0")));
    }
    return boot;
  }

  private void measureFiles(Tpm tpm) throws TpmException, NoSuchAlgorithmException {
    byte[][] firmware = new byte[10][];
    for (int pcr = 0; pcr < firmware.length; pcr++) {
      firmware[pcr] = boot.value(TpmAlg.SHA256.id(), pcr);
    }
    measure(tpm, SoftwareImaList.BOOT_AGGREGATE, SoftwareImaList.aggregate(firmware));
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    for (int i = 0, length = 0; length < IMA_LIST_BYTES; i++) {
      String path = "/usr/lib/x86_64-linux-gnu/libexample-" + i + ".so." + i % 7;
      byte[] digest = sha256.digest(UefiData.ascii(path));
      measure(tpm, path, digest);
      files.allow(path, TpmDigest.of(TpmAlg.SHA256, digest));
      length += ENTRY_BYTES + path.length();
    }
  }

  private void measure(Tpm tpm, String path, byte[] digest) throws TpmException {
    tpm.extendPcr(SoftwareImaList.PCR, PcrBank.SHA256, list.measure(path, digest));
  }

  private static PcrValues read(Tpm tpm) throws TpmException {
    return new PcrValues(
        SELECTION,
        tpm.readPcrs(SELECTION.encode()).values().stream()
            .map(value -> TpmDigest.of(TpmAlg.SHA256, value))
            .toList());
  }

  private static Quote quote(Tpm tpm, PcrSelection selection, SecureRandom random)
      throws TpmException {
    byte[] nonce = new byte[NONCE_BYTES];
    random.nextBytes(nonce);
    return new Quote(nonce, tpm.quote(selection.encode(), nonce));
  }

  private static EnrolledAk key(byte[] publicArea) throws MalformedEvidenceException {
    AkOutcome outcome =
        EnrolledAk.of(
            TpmtPublic.parse(publicArea), P256Provider.preferredFirst().get(0).provider());
    if (outcome instanceof EnrolledAk ak) {
      return ak;
    }
    throw new IllegalStateException("the TPM's attestation key must be believed: " + outcome);
  }

  private VerifiedQuote verified(Quote quote) throws MalformedEvidenceException {
    return (VerifiedQuote)
        QuoteVerifier.verify(
            Evidence.builder()
                .quote(quote.signed().attest(), quote.signed().signature())
                .pcrValues(values)
                .build(),
            attestationKey,
            quote.qualifyingData(),
            SELECTION);
  }

  EnrolledAk attestationKey() {
    return attestationKey;
  }

  /** All that it has. */
  List<Sent> whole() throws MalformedEvidenceException {
    return sent(imaSegment().encode(), true);
  }

  /** What it sends when it measured nothing since. */
  List<Sent> unchanged() throws MalformedEvidenceException {
    return sent(segment(list.size(), new byte[0]).encode(), true);
  }

  /** Quote and boot log. */
  List<Sent> bootLogAlone() throws MalformedEvidenceException {
    return sent(new byte[0], false);
  }

  private List<Sent> sent(byte[] segment, boolean withList) throws MalformedEvidenceException {
    List<Sent> sent = new ArrayList<>();
    for (Quote quote : quotes) {
      Evidence.Builder builder =
          Evidence.builder()
              .quote(quote.signed().attest(), quote.signed().signature())
              .pcrValues(values)
              .bootLog(boot.bytes());
      if (withList) {
        builder.imaList(segment);
      }
      sent.add(new Sent(quote.qualifyingData(), builder.build().bytes()));
    }
    return sent;
  }

  private static ImaSegment segment(int start, byte[] entries) {
    return ImaSegment.of(start, ImaFormat.BINARY, TpmAlg.SHA1, entries);
  }

  /** The whole list. */
  ImaSegment imaSegment() {
    return segment(0, list.bytes());
  }

  byte[] imaList() {
    return list.bytes();
  }

  int bootLogBytes() {
    return boot.bytes().length;
  }

  /** What the boot was learned to be, and every file by path and digest. */
  ReferenceValues expected() {
    return expected;
  }

  ReferenceValues expectedWithoutList() {
    return expectedWithoutList;
  }

  /** tpm2_checkquote with the values of seven PCRs, and tpm2_eventlog. */
  Contender.Operation tools() throws IOException {
    List<String> indices = new ArrayList<>();
    ByteArrayOutputStream digests = new ByteArrayOutputStream();
    for (int index : SELECTION_OF_TOOLS.banks().get(0).indices()) {
      indices.add(Integer.toString(index));
      digests.writeBytes(values.value(TpmAlg.SHA256, index).orElseThrow().value().bytes());
    }
    List<String> checkQuote = new ArrayList<>(List.of("tpm2_checkquote", "-g", "sha256"));
    checkQuote.addAll(List.of("-u", write("ak.pub", sizedPublicArea())));
    checkQuote.addAll(List.of("-m", write("quote.msg", quoteForTools.signed().attest())));
    checkQuote.addAll(List.of("-s", write("quote.sig", quoteForTools.signed().signature())));
    checkQuote.addAll(List.of("-f", write("pcrs", digests.toByteArray())));
    checkQuote.addAll(List.of("-l", "sha256:" + String.join(",", indices)));
    checkQuote.addAll(List.of("-q", HexFormat.of().formatHex(quoteForTools.qualifyingData())));
    return new TpmTools(
        List.of(checkQuote, List.of("tpm2_eventlog", write("boot.log", boot.bytes()))),
        folder.resolve("tools.err"));
  }

  /** The same programs' starts. */
  Contender.Operation toolsForNothing() {
    return new TpmTools(
        List.of(List.of("tpm2_checkquote", "--version"), List.of("tpm2_eventlog", "--version")),
        folder.resolve("tools.err"));
  }

  /** The attestation key as a TPM2B_PUBLIC (TPM 2.0 Part 2, 12.2.5). */
  private byte[] sizedPublicArea() {
    byte[] area = attestationKey.publicArea().bytes();
    return ByteBuffer.allocate(2 + area.length).putShort((short) area.length).put(area).array();
  }

  private String write(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content).toString();
  }
}
