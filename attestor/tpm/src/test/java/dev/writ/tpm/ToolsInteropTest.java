// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.writ.evidence.EnrolledAk;
import dev.writ.evidence.PcrSelection;
import dev.writ.evidence.PcrValues;
import dev.writ.evidence.QuoteOutcome;
import dev.writ.evidence.QuoteVerifier;
import dev.writ.evidence.TpmAlg;
import dev.writ.evidence.TpmDigest;
import dev.writ.evidence.TpmsAttest;
import dev.writ.evidence.TpmtPublic;
import dev.writ.evidence.TpmtSignature;
import dev.writ.evidence.VerifiedQuote;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quotes between Writ and Debian's tpm2-tools, in both directions. */
final class ToolsInteropTest {
  /** Seven: tpm2_checkquote refuses a values file of eight or more (tpm2-tools issue 3542). */
  private static final PcrSelection SELECTION =
      PcrSelection.of(TpmAlg.SHA256, 0, 1, 2, 3, 4, 7, 10);

  private static final byte[] QUALIFYING =
      HexFormat.of().parseHex("00112233445566778899aabbccddeeff");

  @TempDir private Path folder;
  private SwtpmHost host;
  private Tpm tpm;
  private String output = "";

  @BeforeEach
  void start() throws Exception {
    host =
        SwtpmHost.manufacture(
            Files.createDirectory(folder.resolve("tpm")),
            EndorsementAuthority.create(Instant.now(), new SecureRandom()));
    tpm = Tpm.open(host.tcti());
    tpm.extendPcr(7, PcrBank.SHA256, new byte[32]);
  }

  @AfterEach
  void stop() {
    tpm.close();
    host.close();
  }

  @Test
  void checkquote_ofOurQuote_accepts() throws Exception {
    assumeTool("tpm2_checkquote");
    SignedAttest quote = quoteToFiles();

    int status = checkquote(QUALIFYING);
    assertThat(status).describedAs(output).isZero();
    assertThat(quote.attest()).isNotEmpty();
  }

  /** So that the acceptance above is worth something. */
  @Test
  void checkquote_ofOurQuoteForAnotherNonce_refuses() throws Exception {
    assumeTool("tpm2_checkquote");
    SignedAttest quote = quoteToFiles();

    assertThat(checkquote(new byte[16])).isNotZero();
    assertThat(output).contains("nonce");
    assertThat(quote.attest()).isNotEmpty();
  }

  @Test
  void verifier_ofAQuoteByTpm2Quote_accepts() throws Exception {
    assumeTool("tpm2_quote");
    AttestationKey key = tpm.attestationKey();
    List<TpmDigest> values = new ArrayList<>();
    for (byte[] value : tpm.readPcrs(SELECTION.encode()).values()) {
      values.add(TpmDigest.of(TpmAlg.SHA256, value));
    }
    tpm.close();

    int status =
        run(
            "tpm2_quote",
            "-c",
            String.format("0x%08x", Tpm.ATTESTATION_KEY_HANDLE),
            "-l",
            SELECTION.toString(),
            "-q",
            HexFormat.of().formatHex(QUALIFYING),
            "-g",
            "sha256",
            "-m",
            file("quote.msg"),
            "-s",
            file("quote.sig"));
    assertThat(status).describedAs(output).isZero();
    QuoteOutcome outcome =
        QuoteVerifier.verify(
            TpmsAttest.parse(Files.readAllBytes(folder.resolve("quote.msg"))),
            TpmtSignature.parse(Files.readAllBytes(folder.resolve("quote.sig"))),
            new PcrValues(SELECTION, values),
            (EnrolledAk) EnrolledAk.of(key.publicArea()),
            QUALIFYING,
            SELECTION);

    assertThat(outcome).isInstanceOf(VerifiedQuote.class);
  }

  private SignedAttest quoteToFiles() throws Exception {
    SignedAttest quote = tpm.quote(SELECTION.encode(), QUALIFYING);
    Files.write(folder.resolve("quote.msg"), quote.attest());
    Files.write(folder.resolve("quote.sig"), quote.signature());
    byte[] spki = TpmtPublic.parse(tpm.attestationKey().publicArea()).toEcPublicKey().getEncoded();
    Files.writeString(
        folder.resolve("ak.pem"),
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(spki)
            + "\n-----END PUBLIC KEY-----\n");
    ByteArrayOutputStream values = new ByteArrayOutputStream();
    tpm.readPcrs(SELECTION.encode()).values().forEach(values::writeBytes);
    Files.write(folder.resolve("quote.pcrs"), values.toByteArray());
    return quote;
  }

  private int checkquote(byte[] qualifying) throws Exception {
    return run(
        "tpm2_checkquote",
        "-u",
        file("ak.pem"),
        "-m",
        file("quote.msg"),
        "-s",
        file("quote.sig"),
        "-f",
        file("quote.pcrs"),
        "-l",
        SELECTION.toString(),
        "-g",
        "sha256",
        "-q",
        HexFormat.of().formatHex(qualifying));
  }

  private String file(String name) {
    return folder.resolve(name).toString();
  }

  private int run(String... command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("tools.log").toFile());
    builder.environment().put("TPM2TOOLS_TCTI", host.tcti());
    Process process = builder.start();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly().onExit().join();
    }
    output = Files.readString(folder.resolve("tools.log"), StandardCharsets.UTF_8);
    return process.exitValue();
  }

  private static void assumeTool(String name) {
    boolean found =
        Stream.of(System.getenv("PATH").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, name)));
    assumeTrue(found, name + " is not installed (Debian: tpm2-tools)");
  }
}
