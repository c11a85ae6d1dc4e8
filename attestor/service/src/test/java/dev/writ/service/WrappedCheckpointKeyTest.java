// SPDX-License-Identifier: Apache-2.0
package dev.writ.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.writ.fixtures.FaultyModule;
import dev.writ.hsm.Ed25519Key;
import dev.writ.hsm.KeyInventory;
import dev.writ.hsm.KeyStorage;
import dev.writ.hsm.TokenProfile;
import dev.writ.hsm.WrappedKeys;
import dev.writ.tlog.NoteOutcome;
import dev.writ.tlog.NoteVerifier;
import dev.writ.tlog.SignedNote;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service whose token has no CKM_EDDSA, with a wrapped key for the checkpoint's second line. */
@Tag("own-jvm")
final class WrappedCheckpointKeyTest {
  private static final long CKM_EDDSA = 0x1057;

  @TempDir private static Path moduleFolder;
  private static ServiceToken token;
  private static FaultyModule module;

  @TempDir private Path folder;

  @BeforeAll
  static void makeToken() throws Exception {
    TokenProfile real = TokenProfile.named("softhsm2");
    module = FaultyModule.build(moduleFolder.resolve("module"), real.library());
    module.lackMechanism(CKM_EDDSA);
    token = ServiceToken.create(real.withLibrary(module.library()));
  }

  @AfterAll
  static void removeToken() throws Exception {
    token.close();
  }

  @Test
  void checkpoint_withAWrappedKey_hasBothLinesAndEachVerifies() throws Exception {
    IssuerKeys without = token.keys();
    assertThat(without.checkpointEd25519()).isEmpty();
    KeyInventory inventory = KeyInventory.standard();
    byte[] file = WrappedKeys.make(without.issuer().token(), inventory, new SecureRandom());
    Ed25519Key key = WrappedKeys.open(without.issuer().token(), inventory, file);
    IssuerKeys keys = IssuerKeys.open(without.issuer().token(), inventory, Optional.of(key));
    assertThat(keys.checkpointEd25519().orElseThrow().storage()).isEqualTo(KeyStorage.WRAPPED);

    Deployment deployment = new Deployment(token, folder);
    try {
      WritService service = deployment.start(deployment.setup(keys, deployment.setup().policy()));
      SignedNote checkpoint = service.ledger().checkpoint();
      assertThat(checkpoint.signatures()).hasSize(2);
      List<CheckpointSigner> signers =
          keys.checkpointSigners(deployment.setup().identity().origin());
      for (CheckpointSigner signer : signers) {
        assertThat(checkpoint.open(List.of(NoteVerifier.of(signer.key()))))
            .as("%s alone", signer.key())
            .isInstanceOf(NoteOutcome.Opened.class);
      }
      assertThat(Deployment.join(service.keyReport().keys()))
          .isInstanceOfSatisfying(
              KeyReport.Outcome.Given.class,
              given ->
                  assertThat((List<?>) given.value())
                      .filteredOn(
                          row ->
                              ((KeyReport.Row) row)
                                  .storage()
                                  .equals(Optional.of(KeyStorage.WRAPPED)))
                      .singleElement()
                      .satisfies(
                          row -> {
                            assertThat(((KeyReport.Row) row).role())
                                .isEqualTo("checkpoint-ed25519");
                            assertThat(((KeyReport.Row) row).names()).isEmpty();
                            assertThat(((KeyReport.Row) row).known()).isPresent();
                          }));
      assertThat(service.signatureAudit().audit().isBalanced()).isTrue();
    } finally {
      deployment.close();
    }
  }

  @Test
  void open_wrappedKeyBesideTheTokensOwn_isRefused() throws Exception {
    IssuerKeys without = token.keys();
    KeyInventory inventory = KeyInventory.standard();
    byte[] file = WrappedKeys.make(without.issuer().token(), inventory, new SecureRandom());
    Ed25519Key key = WrappedKeys.open(without.issuer().token(), inventory, file);
    module.clear();
    try {
      KeyInventory strangers = ServiceToken.strangersInventory();
      IssuerKeys theirs = token.strangersKeys();
      assertThat(theirs.checkpointEd25519().orElseThrow().storage()).isEqualTo(KeyStorage.TOKEN);
      assertThatThrownBy(
              () -> IssuerKeys.open(theirs.issuer().token(), strangers, Optional.of(key)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("which is wrapped: leave that one out");
    } finally {
      module.lackMechanism(CKM_EDDSA);
    }
  }
}
