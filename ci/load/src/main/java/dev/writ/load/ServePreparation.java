// SPDX-License-Identifier: Apache-2.0
package dev.writ.load;

import com.amazon.corretto.crypto.provider.AmazonCorrettoCryptoProvider;
import com.amazon.corretto.crypto.provider.SelfTestStatus;
import dev.writ.artifact.MalformedTrustFileException;
import dev.writ.artifact.TrustFile;
import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.GrubBoot;
import dev.writ.fixtures.SoftHsmToken;
import dev.writ.policy.MalformedPolicyException;
import dev.writ.policy.PolicyDocument;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;

/** Sets a service up as an operator does, but for its hosts' enrolment: token, keys, policy, configuration. */
final class ServePreparation {
  private static final String TOKEN = "writ-load";

  /** Names of files in the service's folder. */
  static final String POLICY = "policy.json";

  static final String CONFIGURATION = "serve.yaml";

  private ServePreparation() {}

  static ServedWrit prepare(
      Path project,
      Path folder,
      int hostCount,
      int boundHostCount,
      Optional<Path> module,
      String ledger)
      throws IOException, InterruptedException {
    return prepare(
        project, folder, hostCount, boundHostCount, module, ledger, number -> Optional.empty());
  }

  /**
   * As a careful operator does: with {@link CarefulPolicy}, hosts that send their boot log, and whoever sets
   * a request in motion named by a token.
   */
  static ServedWrit careful(Path project, Path folder, int hostCount)
      throws IOException, InterruptedException {
    try {
      return prepare(
          project,
          folder,
          hostCount,
          0,
          Optional.empty(),
          ServeFiles.embedded(folder.resolve("ledger")),
          number -> Optional.of(new GrubBoot()),
          Optional.of(new Care(CarefulPolicy.withAnApprover(), TokenProvider.in(folder))),
          number -> Asked.PROGRAM);
    } catch (GeneralSecurityException e) {
      throw new IOException("keys could not be made", e);
    }
  }

  /** With hosts that ask for what {@link Asked} says, by their numbers. */
  static ServedWrit asking(Path project, Path folder, int hostCount)
      throws IOException, InterruptedException {
    return prepare(
        project,
        folder,
        hostCount,
        0,
        Optional.empty(),
        ServeFiles.embedded(folder.resolve("ledger")),
        number -> Optional.empty(),
        Optional.empty(),
        Asked::of);
  }

  /**
   * With its ledger in an empty database, and hosts whose artifacts the service judges.
   *
   * @param uses how many uses the host with a number asks for
   */
  static ServedWrit judging(
      Path project, Path folder, int hostCount, String ledger, IntUnaryOperator uses)
      throws IOException, InterruptedException {
    return prepare(
        project,
        folder,
        hostCount,
        0,
        Optional.empty(),
        ledger,
        number -> Optional.empty(),
        Optional.empty(),
        number -> (target, host, jkt) -> target.requestJudged(host, jkt, uses.applyAsInt(number)));
  }

  /** What the host with this number is called. */
  static String hostName(int number) {
    return String.format("host-%04d", number);
  }

  /** Who else there is in a careful operator's deployment. */
  private record Care(CarefulPolicy policy, TokenProvider provider) {}

  /**
   * The same.
   *
   * @param boots what hosts boot into whose log is sent, by their number
   */
  static ServedWrit prepare(
      Path project,
      Path folder,
      int hostCount,
      int boundHostCount,
      Optional<Path> module,
      String ledger,
      IntFunction<Optional<GrubBoot>> boots)
      throws IOException, InterruptedException {
    return prepare(
        project,
        folder,
        hostCount,
        boundHostCount,
        module,
        ledger,
        boots,
        Optional.empty(),
        number -> Asked.PROGRAM);
  }

  private static ServedWrit prepare(
      Path project,
      Path folder,
      int hostCount,
      int boundHostCount,
      Optional<Path> module,
      String ledger,
      IntFunction<Optional<GrubBoot>> boots,
      Optional<Care> care,
      IntFunction<Asking> asking)
      throws IOException, InterruptedException {
    Path launcher = project.resolve("writ");
    SoftHsmToken token = SoftHsmToken.create(folder.resolve("hsm"), TOKEN);
    Path keys = folder.resolve("keys");
    Optional<Path> approvers =
        care.isPresent() ? Optional.of(care.get().policy().quorum(folder)) : Optional.empty();
    ServeFiles.makeKeys(launcher, token, module, approvers, keys, folder.resolve("keys.log"));
    EndorsementAuthority maker = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    try {
      TrustFile trust = TrustFile.parse(Files.readAllBytes(keys.resolve("trust.json")));
      Target target = new Target(trust.content().issuer(), ServedWrit.TENANT);
      Provider signatures = fastest();
      List<LoadHost> hosts = new ArrayList<>();
      for (int i = 0; i < hostCount + boundHostCount; i++) {
        String name = hostName(i);
        Optional<String> initiator =
            care.isPresent() ? Optional.of(care.get().provider().token(name)) : Optional.empty();
        Asking asked = asking.apply(i);
        hosts.add(
            new LoadHost(
                name,
                maker,
                signatures,
                (host, jkt) -> asked.request(target, host, jkt),
                boots.apply(i),
                initiator));
      }
      Path policy = folder.resolve(POLICY);
      PolicyDocument document =
          ServeFiles.policyFor(
              project.resolve("docs/examples/dev-policy.json"),
              hosts,
              hosts.stream().skip(hostCount).map(LoadHost::name).toList());
      Files.write(
          policy,
          care.isPresent()
              ? care.get().policy().of(document, ServeFiles.operatorKey(keys, trust))
              : document.canonical());
      // A Unix socket's path must be short (unix(7)), which that of a project's folder need not be.
      Path socketFolder = Files.createTempDirectory("writ-");
      InetSocketAddress service = freeAddress();
      Optional<InetSocketAddress> tls =
          boundHostCount == 0 ? Optional.empty() : Optional.of(freeAddress());
      Path config = folder.resolve(CONFIGURATION);
      Files.writeString(
          config,
          ServeFiles.configuration(
              keys.resolve("trust.json"),
              token,
              module,
              ledger,
              policy,
              ServeFiles.pem(folder.resolve("ek-root.pem"), maker.root()),
              ServeFiles.pem(folder.resolve("ek-issuing.pem"), maker.issuing()),
              service,
              tls,
              socketFolder.resolve("operator"),
              care.map(careful -> careful.provider().configuration()).orElse("")));
      return new ServedWrit(
          launcher, folder, token, socketFolder, service, tls, config, trust, maker, hosts);
    } catch (MalformedTrustFileException | MalformedPolicyException | GeneralSecurityException e) {
      throw new IOException("a service could not be set up", e);
    }
  }

  /** A port of loopback that nobody has at this moment. */
  static InetSocketAddress freeAddress() throws IOException {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (ServerSocket socket = new ServerSocket(0, 1, loopback)) {
      return new InetSocketAddress(loopback, socket.getLocalPort());
    }
  }

  /** ACCP where its native library loads; the JDK's own elsewhere, which costs the load more. */
  static Provider fastest() throws GeneralSecurityException {
    AmazonCorrettoCryptoProvider accp = AmazonCorrettoCryptoProvider.INSTANCE;
    return accp.getLoadingError() == null && accp.runSelfTests() == SelfTestStatus.PASSED
        ? accp
        : Signature.getInstance("SHA256withECDSA").getProvider();
  }
}
