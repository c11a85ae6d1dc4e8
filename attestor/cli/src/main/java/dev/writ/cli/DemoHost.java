// SPDX-License-Identifier: Apache-2.0
package dev.writ.cli;

import dev.writ.agent.Attester;
import dev.writ.agent.ServiceEndpoint;
import dev.writ.agent.StateFolder;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import dev.writ.tlog.Hash;
import dev.writ.tpm.EndorsementKeyKind;
import dev.writ.tpm.Tpm;
import dev.writ.tpm.TpmException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** One of the demo's hosts: a simulated TPM that measured a boot log, with the agent beside it. */
final class DemoHost implements AutoCloseable {
  private final String name;
  private final Path folder;
  private final SwtpmHost machine;
  private final Tpm tpm;

  private DemoHost(String name, Path folder, SwtpmHost machine, Tpm tpm) {
    this.name = name;
    this.folder = folder;
    this.machine = machine;
    this.tpm = tpm;
  }

  /** Makes the TPM, powers it on and measures {@code log} into it. */
  static DemoHost boot(String name, Path parent, EndorsementAuthority maker, BootLog log)
      throws IOException, InterruptedException, TpmException {
    Path folder = Files.createDirectory(parent.resolve(name));
    SwtpmHost machine = SwtpmHost.manufacture(folder, maker);
    try {
      Tpm tpm = Tpm.open(machine.tcti());
      DemoHost host = new DemoHost(name, folder, machine, tpm);
      log.measureInto(tpm);
      return host;
    } catch (TpmException | RuntimeException e) {
      machine.close();
      throw e;
    }
  }

  String name() {
    return name;
  }

  Tpm tpm() {
    return tpm;
  }

  /** The agent on this host. */
  Attester attester(ServiceEndpoint service, SecureRandom random) throws Exception {
    StateFolder folder = StateFolder.make(state());
    return Attester.open(tpm, folder.instanceKey(), service, random);
  }

  /** Where the agent keeps what it needs between runs. */
  Path state() {
    return folder.resolve("agent");
  }

  /** How the TPM is reached, by one client at a time. */
  String tcti() {
    return machine.tcti();
  }

  /** Lets another client reach the TPM. */
  void disconnect() {
    tpm.close();
  }

  /**
   * SHA-256 of the SubjectPublicKeyInfo of each endorsement key that the maker certified: what an
   * operator lists before the host may enrol.
   */
  Set<Hash> endorsementKeyDigests() throws TpmException, GeneralSecurityException {
    Set<Hash> digests = new LinkedHashSet<>();
    for (EndorsementKeyKind kind : EndorsementKeyKind.values()) {
      Optional<byte[]> certificate = tpm.endorsementCertificate(kind);
      if (certificate.isPresent()) {
        digests.add(
            Hash.sha256(
                CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(certificate.get()))
                    .getPublicKey()
                    .getEncoded()));
      }
    }
    return digests;
  }

  @Override
  public void close() {
    tpm.close();
    machine.close();
  }
}
