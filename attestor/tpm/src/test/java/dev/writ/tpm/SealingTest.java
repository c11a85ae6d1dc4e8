// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.writ.fixtures.EndorsementAuthority;
import dev.writ.fixtures.SwtpmHost;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is sealed comes out in the approved state of its own host, and nowhere else and no later. */
final class SealingTest {
  private static final byte[] SECRET = "s3cret-of-a-token".getBytes(StandardCharsets.US_ASCII);
  private static final List<Pcr> PCRS =
      Stream.of(0, 2, 4, 7).map(index -> new Pcr(PcrBank.SHA256, index)).toList();

  private static EndorsementAuthority authority;
  private static SwtpmHost made;

  @TempDir private Path folder;
  private SwtpmHost host;
  private Tpm tpm;
  private Approver approver;

  @BeforeAll
  static void manufacture(@TempDir Path factory) throws Exception {
    authority = EndorsementAuthority.create(Instant.now(), new SecureRandom());
    made = SwtpmHost.manufacture(factory, authority);
    made.close();
  }

  @BeforeEach
  void start() throws Exception {
    host = made.asManufactured(Files.createDirectory(folder.resolve("a")));
    tpm = Tpm.open(host.tcti());
    approver = Approver.create();
  }

  @AfterEach
  void stop() {
    tpm.close();
    host.close();
  }

  @Test
  void unseal_inTheApprovedState_givesTheSecretEachTime() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    ApprovedPolicy approved = approver.approve(sealed, asNow(tpm.raiseUnsealCounter()));

    // More often than there are slots and sessions.
    for (int i = 0; i < 5; i++) {
      assertUnseals(sealed, approved);
    }
  }

  @Test
  void unseal_ofSecretsOfEveryLength_givesThemWhole() throws Exception {
    long counter = tpm.raiseUnsealCounter();
    for (int length : new int[] {1, 2, 16, 127, SealedData.MAX_SECRET_BYTES}) {
      byte[] secret = new byte[length];
      Arrays.fill(secret, (byte) 0xa5);
      SealedData sealed = tpm.seal(secret, approver.key());
      assertThat(sealed.wrappedPrivate()).hasSizeLessThanOrEqualTo(SealedData.MAX_PRIVATE_BYTES);

      try (UnsealOutcome.Unsealed unsealed =
          unsealed(tpm.unseal(sealed, approver.approve(sealed, asNow(counter))))) {
        assertThat(unsealed.secret()).isEqualTo(secret);
      }
    }
  }

  @Test
  void seal_ofNothingOrTooMuch_isABugOfTheCaller() {
    for (int length : new int[] {0, SealedData.MAX_SECRET_BYTES + 1}) {
      assertThatThrownBy(() -> tpm.seal(new byte[length], approver.key()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void unseal_afterReboots_givesTheSecret() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    ApprovedPolicy approved = approver.approve(sealed, asNow(tpm.raiseUnsealCounter()));
    reboot();
    assertUnseals(sealed, approved);

    tpm.close();
    host.cutPower();
    host.powerOn();
    tpm = Tpm.open(host.tcti());
    assertUnseals(sealed, approved);
  }

  @Test
  void unseal_afterAPcrChanged_namesIt() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    ApprovedPolicy approved = approver.approve(sealed, asNow(tpm.raiseUnsealCounter()));
    byte[] before = valueOf4();
    extend(4);

    UnsealOutcome outcome = tpm.unseal(sealed, approved);

    List<UnsealOutcome.PcrDifference> differences =
        ((UnsealOutcome.PcrsDiffer) outcome).differences();
    assertThat(differences).hasSize(1);
    assertThat(differences.get(0).approved().pcr()).hasToString("sha256:4");
    assertThat(differences.get(0).approved().value()).isEqualTo(before);
    assertThat(differences.get(0).actual().orElseThrow()).isEqualTo(valueOf4());
  }

  @Test
  void unseal_afterAPcrChangedThatIsNotNamed_givesTheSecret() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    ApprovedPolicy approved = approver.approve(sealed, asNow(tpm.raiseUnsealCounter()));
    extend(5);

    assertUnseals(sealed, approved);
  }

  @Test
  void unseal_ofABankThatTheTpmHasNot_namesThePcr() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    UnsealPolicy other =
        new UnsealPolicy(
            List.of(new PcrValue(new Pcr(PcrBank.SHA384, 7), new byte[48])),
            tpm.raiseUnsealCounter());

    UnsealOutcome outcome = tpm.unseal(sealed, approver.approve(sealed, other));

    assertThat(((UnsealOutcome.PcrsDiffer) outcome).differences().get(0).actual()).isEmpty();
  }

  /** The very point of the counter: the state is one that was approved once. */
  @Test
  void unseal_byAnOlderPolicyInItsState_isRefusedOnceTheCounterRose() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    UnsealPolicy old = asNow(tpm.raiseUnsealCounter());
    ApprovedPolicy oldApproved = approver.approve(sealed, old);
    extend(4);
    ApprovedPolicy renewed = approver.approve(sealed, asNow(tpm.raiseUnsealCounter()));
    assertUnseals(sealed, renewed);
    reboot();

    assertThat(tpm.unseal(sealed, renewed)).isInstanceOf(UnsealOutcome.PcrsDiffer.class);
    assertThat(tpm.unseal(sealed, oldApproved))
        .isEqualTo(new UnsealOutcome.CounterDiffers(old.counter(), old.counter() + 1));
  }

  /** What {@link Tpm#unseal} compares beforehand is there for its messages: the TPM itself refuses. */
  @Test
  void unseal_whereNothingIsComparedBeforehand_isRefusedByTheTpm() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    UnsealPolicy policy = asNow(tpm.raiseUnsealCounter());
    ApprovedPolicy approved = approver.approve(sealed, policy);
    assertThat(unsealUnchecked(sealed, approved)).isEmpty();

    assertThat(unsealUnchecked(sealed, Approver.create().approve(sealed, policy)))
        .isEqualTo("TPM_RC_SIGNATURE");
    extend(7);
    assertThat(unsealUnchecked(sealed, approved)).isEqualTo("TPM_RC_VALUE");
    reboot();
    assertThat(unsealUnchecked(sealed, approved)).isEmpty();
    assertThat(tpm.raiseUnsealCounter()).isEqualTo(policy.counter() + 1);
    assertThat(unsealUnchecked(sealed, approved)).isEqualTo("TPM_RC_POLICY");
  }

  /** Of a session in which another object's policy holds: the name of what it is for is in it. */
  @Test
  void unseal_underThePolicyOfAnotherApprover_isRefusedByTheTpm() throws Exception {
    Approver thief = Approver.create();
    SealedData sealed = tpm.seal(SECRET, approver.key());
    SealedData thiefs = tpm.seal(new byte[] {1}, thief.key());
    UnsealPolicy policy = asNow(tpm.raiseUnsealCounter());

    String refusal =
        inRoom(
            (root, counter, sealing) -> {
              ApprovedPolicy approved = thief.approve(thiefs, policy);
              // An object that claims the thief's policy for the content of the other.
              SealedData crossed =
                  SealedData.of(
                      thiefs.publicArea(),
                      sealed.wrappedPrivate(),
                      sealed.parentName(),
                      thief.key());
              return sealing.unseal(root, counter, crossed, approved).toString();
            });

    assertThat(refusal).isEqualTo("Altered[]");
    assertThat(tpm.unseal(sealed, thief.approve(sealed, policy)))
        .isEqualTo(new UnsealOutcome.NotApproved());
  }

  @Test
  void unseal_ofASecretOfAnotherTpm_isRefused() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    UnsealPolicy policy = asNow(tpm.raiseUnsealCounter());
    ApprovedPolicy approved = approver.approve(sealed, policy);
    try (SwtpmHost other =
            SwtpmHost.manufacture(Files.createDirectory(folder.resolve("b")), authority);
        Tpm otherTpm = Tpm.open(other.tcti())) {
      assertThat(otherTpm.unseal(sealed, approved)).isEqualTo(new UnsealOutcome.OtherTpm());
      assertThat(otherTpm.raiseUnsealCounter()).isEqualTo(policy.counter());
      assertThat(otherTpm.unseal(sealed, approved)).isEqualTo(new UnsealOutcome.OtherTpm());

      // Nor does what was signed for one host do for another in the same state.
      SealedData others = otherTpm.seal(SECRET, approver.key());
      assertThat(otherTpm.unseal(others, approved)).isEqualTo(new UnsealOutcome.NotApproved());
    }
  }

  @Test
  void unseal_afterTheTpmWasCleared_isRefusedAndMakesNothing() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    ApprovedPolicy approved = approver.approve(sealed, asNow(tpm.raiseUnsealCounter()));
    tpm.close();
    administer(
        context ->
            context.call(
                "TPM2_Clear",
                esys ->
                    EsapiForTests.Esys_Clear(
                        esys,
                        EsapiForTests.ESYS_TR_RH_LOCKOUT,
                        Esapi.ESYS_TR_PASSWORD,
                        Esapi.ESYS_TR_NONE,
                        Esapi.ESYS_TR_NONE)));
    tpm = Tpm.open(host.tcti());

    assertThat(tpm.unseal(sealed, approved)).isEqualTo(new UnsealOutcome.OtherTpm());
    tpm.close();
    administer(
        context -> assertThat(new Commands(context).find(Tpm.STORAGE_ROOT_HANDLE)).isEmpty());
    tpm = Tpm.open(host.tcti());
    assertThat(tpm.raiseUnsealCounter()).isPositive();
    assertThat(tpm.unseal(sealed, approved))
        .isInstanceOfAny(UnsealOutcome.OtherTpm.class, UnsealOutcome.CounterDiffers.class);
  }

  /** Whoever removes the counter cannot bring it back to where it was. */
  @Test
  void unsealCounter_removedAndMadeAnew_isHigherThanEverBefore() throws Exception {
    assertThat(tpm.unsealCounter()).isEmpty();
    long first = tpm.raiseUnsealCounter();
    assertThat(tpm.unsealCounter()).isEqualTo(OptionalLong.of(first));
    long second = tpm.raiseUnsealCounter();
    assertThat(second).isEqualTo(first + 1);
    tpm.close();
    administer(this::removeCounter);
    tpm = Tpm.open(host.tcti());

    assertThat(tpm.unsealCounter()).isEmpty();
    assertThat(tpm.raiseUnsealCounter()).isGreaterThan(second);
  }

  @Test
  void unsealCounter_whereAnotherIndexHasItsHandle_isRefusedWithWhatToDo() throws Exception {
    tpm.close();
    Manufacturer.writeNv(host.tcti(), Tpm.UNSEAL_COUNTER_INDEX, new byte[8]);
    tpm = Tpm.open(host.tcti());

    for (Try one : List.<Try>of(tpm::unsealCounter, tpm::raiseUnsealCounter)) {
      assertThatThrownBy(one::run)
          .isInstanceOf(TpmException.class)
          .hasMessageContaining("0x01805752")
          .hasMessageContaining("tpm2_nvundefine");
    }
  }

  /** Made, and the power cut before it was raised. */
  @Test
  void unsealCounter_madeAndNeverRaised_isNoneAndCanBeRaised() throws Exception {
    tpm.close();
    administer(
        context -> {
          byte[] area =
              new Template.Wire()
                  .u32(Tpm.UNSEAL_COUNTER_INDEX)
                  .u16(Template.ALG_SHA256)
                  .u32(0x02060012)
                  .sized(new byte[0])
                  .u16(8)
                  .bytes();
          assertThat(new NvCommands(context).define(area)).isNotZero();
        });
    tpm = Tpm.open(host.tcti());

    assertThat(tpm.unsealCounter()).isEmpty();
    assertThat(tpm.raiseUnsealCounter()).isPositive();
  }

  /** The TPM's word on the object is asked for each byte that only the TPM can judge. */
  @Test
  void unseal_ofAnObjectWithAnyByteChanged_isRefused() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    UnsealPolicy policy = asNow(tpm.raiseUnsealCounter());
    byte[] area = sealed.publicArea();
    for (int at = 0; at < area.length; at++) {
      byte[] changed = flipped(area, at);
      assertThat(refusal(changed, sealed.wrappedPrivate(), sealed.parentName(), policy))
          .as("public area, byte " + at)
          .isNotEmpty();
    }
    byte[] wrapped = sealed.wrappedPrivate();
    for (int at = 0; at < wrapped.length; at++) {
      byte[] changed = flipped(wrapped, at);
      assertThat(refusal(area, changed, sealed.parentName(), policy))
          .as("private area, byte " + at)
          .isNotEmpty();
    }
    byte[] parent = sealed.parentName();
    for (int at = 0; at < parent.length; at++) {
      assertThat(refusal(area, wrapped, flipped(parent, at), policy))
          .as("parent's name, byte " + at)
          .isNotEmpty();
    }
    assertThat(refusal(area, wrapped, parent, policy)).isEmpty();
  }

  /** What a probe on the bus to the TPM sees; that it sees anything is shown by the policy's digest. */
  @Test
  void busToTheTpm_whileSealingAndUnsealing_neverCarriesTheSecret() throws Exception {
    tpm.close();
    try (RecordedBus bus = RecordedBus.start(folder.resolve("bus"), host.tcti())) {
      tpm = Tpm.open(bus.tcti());
      SealedData sealed = tpm.seal(SECRET, approver.key());
      UnsealPolicy policy = asNow(tpm.raiseUnsealCounter());
      assertUnseals(sealed, approver.approve(sealed, policy));

      assertThat(contains(bus.seen(), policy.digestBytes())).isTrue();
      assertThat(contains(bus.seen(), sealed.wrappedPrivate())).isTrue();
      assertThat(contains(bus.seen(), SECRET)).isFalse();
      tpm.close();
    }
    tpm = Tpm.open(host.tcti());
  }

  /** It would be shown to the token as a wrong PIN otherwise. */
  @Test
  void unseal_whoseAnswerWasChangedOnTheBus_isRefused() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    ApprovedPolicy approved = approver.approve(sealed, asNow(tpm.raiseUnsealCounter()));
    tpm.close();
    try (RecordedBus bus = RecordedBus.start(folder.resolve("bus"), host.tcti())) {
      tpm = Tpm.open(bus.tcti());
      assertUnseals(sealed, approved);
      bus.alterAnswersTo(0x15e); // TPM_CC_Unseal

      TpmException refusal =
          catchThrowableOfType(TpmException.class, () -> tpm.unseal(sealed, approved));

      assertThat(refusal.layer()).isEqualTo(TpmException.Layer.ESAPI);
      tpm.close();
    }
    tpm = Tpm.open(host.tcti());
  }

  /** Without the session the recorder does see it, so that the test before means something. */
  @Test
  void busToTheTpm_withoutASession_carriesTheSecret() throws Exception {
    byte[] parent = tpm.seal(SECRET, approver.key()).parentName();
    tpm.close();
    byte[] sensitive = new byte[6 + SECRET.length];
    sensitive[1] = (byte) (4 + SECRET.length);
    sensitive[5] = (byte) SECRET.length;
    System.arraycopy(SECRET, 0, sensitive, 6, SECRET.length);
    try (RecordedBus bus = RecordedBus.start(folder.resolve("bus"), host.tcti())) {
      TpmContext context = TpmContext.open(bus.tcti());
      try {
        Commands commands = new Commands(context);
        int root = commands.find(Tpm.STORAGE_ROOT_HANDLE).orElseThrow();
        assertThat(
                commands.create(
                    root,
                    Esapi.ESYS_TR_NONE,
                    SealedData.template(approver.key(), parent),
                    sensitive))
            .isNotNull();
      } finally {
        context.close();
      }
      assertThat(contains(bus.seen(), SECRET)).isTrue();
    }
    tpm = Tpm.open(host.tcti());
  }

  @Test
  void unsealed_shownAndClosed_neitherShowsNorKeepsTheSecret() throws Exception {
    SealedData sealed = tpm.seal(SECRET, approver.key());
    ApprovedPolicy approved = approver.approve(sealed, asNow(tpm.raiseUnsealCounter()));
    UnsealOutcome.Unsealed unsealed = unsealed(tpm.unseal(sealed, approved));

    assertThat(unsealed).hasToString("Unsealed[17 bytes]");
    unsealed.close();
    assertThat(unsealed.secret()).containsOnly(0);
  }

  @Test
  void policy_withPcrsTwiceOrOutOfOrderOrNone_isRefused() {
    PcrValue four = new PcrValue(new Pcr(PcrBank.SHA256, 4), new byte[32]);
    PcrValue seven = new PcrValue(new Pcr(PcrBank.SHA256, 7), new byte[32]);
    for (List<PcrValue> pcrs :
        List.of(List.<PcrValue>of(), List.of(four, four), List.of(seven, four))) {
      assertThatThrownBy(() -> new UnsealPolicy(pcrs, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void pcrValues_ofABankThatTheTpmHasNot_isRefusedWithWhatToDo() {
    assertThatThrownBy(() -> tpm.pcrValues(List.of(new Pcr(PcrBank.SHA384, 7))))
        .isInstanceOf(TpmException.class)
        .hasMessageContaining("sha384:7")
        .hasMessageContaining("tpm2_getcap pcrs");
  }

  @Test
  void approver_onAnotherCurve_isRefused() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp384r1"));
    ECPublicKey other = (ECPublicKey) generator.generateKeyPair().getPublic();

    assertThatThrownBy(() -> ApproverKey.of(other)).hasMessageContaining("P-256");
  }

  private interface Try {
    Object run() throws TpmException;
  }

  private interface Administration {
    void on(TpmContext context) throws TpmException;
  }

  private void administer(Administration administration) throws TpmException {
    TpmContext context = TpmContext.open(host.tcti());
    try {
      administration.on(context);
    } finally {
      context.close();
    }
  }

  private void removeCounter(TpmContext context) throws TpmException {
    int index = new Commands(context).find(Tpm.UNSEAL_COUNTER_INDEX).orElseThrow();
    context.call(
        "TPM2_NV_UndefineSpace",
        esys ->
            EsapiForTests.Esys_NV_UndefineSpace(
                esys,
                Esapi.ESYS_TR_RH_OWNER,
                index,
                Esapi.ESYS_TR_PASSWORD,
                Esapi.ESYS_TR_NONE,
                Esapi.ESYS_TR_NONE));
  }

  private interface InRoom<T> {
    T with(int root, int counter, Sealing sealing) throws Exception;
  }

  /** Below {@link Operations}: with a context of its own, nothing compared beforehand. */
  private <T> T inRoom(InRoom<T> task) throws Exception {
    tpm.close();
    TpmContext context = TpmContext.open(host.tcti());
    try {
      Commands commands = new Commands(context);
      return task.with(
          commands.find(Tpm.STORAGE_ROOT_HANDLE).orElseThrow(),
          commands.find(Tpm.UNSEAL_COUNTER_INDEX).orElseThrow(),
          new Sealing(context, commands, new Sessions(context)));
    } finally {
      context.close();
      tpm = Tpm.open(host.tcti());
    }
  }

  /** The name of the TPM's refusal; empty where it gave out the secret. */
  private String unsealUnchecked(SealedData sealed, ApprovedPolicy approved) throws Exception {
    return inRoom(
        (root, counter, sealing) -> {
          try (UnsealOutcome.Unsealed unsealed =
              unsealed(sealing.unseal(root, counter, sealed, approved))) {
            assertThat(unsealed.secret()).isEqualTo(SECRET);
            return "";
          } catch (TpmException e) {
            return e.codeName();
          }
        });
  }

  /** Approved by the approver for whatever it has become: empty where it gave out the secret. */
  private String refusal(byte[] area, byte[] wrapped, byte[] parent, UnsealPolicy policy)
      throws Exception {
    try {
      SealedData data = SealedData.of(area, wrapped, parent, approver.key());
      UnsealOutcome outcome = tpm.unseal(data, approver.approve(data, policy));
      return outcome instanceof UnsealOutcome.Unsealed ? "" : outcome.toString();
    } catch (TpmException e) {
      return e.codeName();
    }
  }

  private void assertUnseals(SealedData sealed, ApprovedPolicy approved) throws TpmException {
    try (UnsealOutcome.Unsealed unsealed = unsealed(tpm.unseal(sealed, approved))) {
      assertThat(unsealed.secret()).isEqualTo(SECRET);
    }
  }

  private static UnsealOutcome.Unsealed unsealed(UnsealOutcome outcome) {
    assertThat(outcome).isInstanceOf(UnsealOutcome.Unsealed.class);
    return (UnsealOutcome.Unsealed) outcome;
  }

  private byte[] valueOf4() throws TpmException {
    return tpm.pcrValues(List.of(new Pcr(PcrBank.SHA256, 4))).get(0).value();
  }

  private UnsealPolicy asNow(long counter) throws TpmException {
    UnsealPolicy policy = new UnsealPolicy(tpm.pcrValues(PCRS), counter);
    assertThat(policy.selection())
        .isEqualTo(new byte[] {0, 0, 0, 1, 0, 0x0b, 3, (byte) 0x95, 0, 0});
    return policy;
  }

  private void extend(int pcr) throws TpmException {
    tpm.extendPcr(pcr, PcrBank.SHA256, new byte[32]);
  }

  private void reboot() throws Exception {
    tpm.close();
    host.reboot();
    tpm = Tpm.open(host.tcti());
  }

  private static byte[] flipped(byte[] bytes, int at) {
    byte[] changed = bytes.clone();
    changed[at] ^= 1;
    return changed;
  }

  private static boolean contains(byte[] all, byte[] part) {
    for (int at = 0; at <= all.length - part.length; at++) {
      if (Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
        return true;
      }
    }
    return false;
  }
}
