// SPDX-License-Identifier: Apache-2.0
package dev.writ.tpm;

import static dev.writ.tpm.Esapi.ESYS_TR_PASSWORD;
import static dev.writ.tpm.Esapi.ESYS_TR_RH_ENDORSEMENT;
import static dev.writ.tpm.Esapi.ESYS_TR_RH_OWNER;

import dev.writ.tpm.Template.Attribute;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What takes several TPM commands: making and finding keys, activating, reading all PCRs. Not
 * thread-safe: {@link Tpm} calls it with its lane held.
 */
final class Operations {
  /** How often PCRs are read anew when they change in the middle. */
  private static final int MAX_PCR_ROUNDS = 16;

  /** TCG EK Credential Profile 2.5, section 2.2.1.5.2. */
  private static final int FIRST_CHAIN_INDEX = 0x01c00100;

  private static final int LAST_CHAIN_INDEX = 0x01c001ff;

  private static final Set<Attribute> KEY_OF_THIS_TPM =
      EnumSet.of(
          Attribute.FIXED_TPM,
          Attribute.FIXED_PARENT,
          Attribute.SENSITIVE_DATA_ORIGIN,
          Attribute.USER_WITH_AUTH,
          Attribute.NO_DA);

  /** The label makes this another key than any other program's from the same attributes. */
  private static final Template ATTESTATION_KEY =
      Template.eccSigning(
          with(KEY_OF_THIS_TPM, Attribute.RESTRICTED, Attribute.SIGN),
          "writ-attestation-key-v1".getBytes(StandardCharsets.US_ASCII));

  private static final Template INSTANCE_KEY =
      Template.eccSigning(with(KEY_OF_THIS_TPM, Attribute.SIGN), new byte[0]);

  /** The ECC storage primary key of the TCG TPM v2.0 Provisioning Guidance, section 7.5.1. */
  private static final Template STORAGE_ROOT =
      Template.eccStorage(
          Template.ALG_SHA256,
          with(KEY_OF_THIS_TPM, Attribute.RESTRICTED, Attribute.DECRYPT),
          new byte[0],
          128,
          Template.CURVE_NIST_P256,
          new byte[32]);

  private static final byte[] ROLLBACK_IDENTITY =
      "writ-rollback-counter-v1\0".getBytes(StandardCharsets.US_ASCII);

  private final TpmContext context;
  private final Commands commands;
  private final Sessions sessions;
  private final NvReader nv;
  private final NvCommands nvCommands;
  private final NvCounter counter;
  private final Sealing sealing;
  private final Set<InstanceKey> loaded = new HashSet<>();
  private Optional<Commands.Loaded> attestationKey = Optional.empty();
  private OptionalInt storageRoot = OptionalInt.empty();

  Operations(TpmContext context) {
    this.context = context;
    this.commands = new Commands(context);
    this.sessions = new Sessions(context);
    this.nvCommands = new NvCommands(context);
    this.nv = new NvReader(context, commands, nvCommands);
    this.counter = new NvCounter(context, commands, nvCommands, NvCounter.Place.UNSEALING);
    this.sealing = new Sealing(context, commands, sessions);
  }

  EndorsementKey endorsementKey(EndorsementKeyKind kind) throws TpmException {
    try (Frame frame = new Frame()) {
      return new EndorsementKey(
          kind,
          commands.createPrimary(frame, ESYS_TR_RH_ENDORSEMENT, kind.template()).publicArea());
    }
  }

  Optional<byte[]> endorsementCertificate(EndorsementKeyKind kind) throws TpmException {
    return nv.read(kind.certificateIndex());
  }

  byte[] endorsementChain() throws TpmException {
    return nv.readAll(FIRST_CHAIN_INDEX, LAST_CHAIN_INDEX);
  }

  AttestationKey attestationKey() throws TpmException {
    Commands.Loaded key = requireAttestationKey();
    return new AttestationKey(key.publicArea().clone(), key.name().clone());
  }

  byte[] activateCredential(EndorsementKeyKind kind, byte[] idObject, byte[] encryptedSecret)
      throws TpmException {
    int activate = requireAttestationKey().handle();
    try (Frame frame = new Frame()) {
      int key = commands.createPrimary(frame, ESYS_TR_RH_ENDORSEMENT, kind.template()).handle();
      int session =
          kind.needsPolicySession() ? sessions.endorsementPolicy(frame) : ESYS_TR_PASSWORD;
      return commands.activateCredential(activate, key, session, idObject, encryptedSecret);
    }
  }

  PcrReading readPcrs(byte[] selection) throws TpmException {
    for (int round = 0; round < MAX_PCR_ROUNDS; round++) {
      Optional<PcrReading> reading = readPcrsOnce(selection);
      if (reading.isPresent()) {
        return reading.get();
      }
    }
    throw TpmException.content(
        "PCRs must hold still while they are read, and changed during each of "
            + MAX_PCR_ROUNDS
            + " attempts: find what keeps extending them");
  }

  List<PcrValue> pcrValues(List<Pcr> pcrs) throws TpmException {
    List<Pcr> sorted = pcrs.stream().sorted().distinct().toList();
    List<byte[]> values = readPcrs(Pcr.selection(sorted)).values();
    if (values.size() != sorted.size()) {
      throw TpmException.content(
          String.format(
              "the TPM must have all of the PCRs %s, and has %d of them: choose those of a bank that"
                  + " it keeps (tpm2_getcap pcrs)",
              sorted, values.size()));
    }
    List<PcrValue> all = new ArrayList<>();
    for (int i = 0; i < sorted.size(); i++) {
      all.add(new PcrValue(sorted.get(i), values.get(i)));
    }
    return all;
  }

  /** The TPM gives at most eight values a call; an update between two calls voids the round. */
  private Optional<PcrReading> readPcrsOnce(byte[] selection) throws TpmException {
    Commands.PcrsRead read = commands.readPcrs(selection);
    int updateCounter = read.updateCounter();
    SelectedPcrs left = SelectedPcrs.of(selection);
    List<byte[]> values = new ArrayList<>();
    while (true) {
      SelectedPcrs got = SelectedPcrs.of(read.selection());
      values.addAll(digests(read.digests()));
      left = left.without(got);
      if (got.isEmpty() || left.isEmpty()) {
        return Optional.of(new PcrReading(values));
      }
      read = commands.readPcrs(left.wire());
      if (read.updateCounter() != updateCounter) {
        return Optional.empty();
      }
    }
  }

  private static List<byte[]> digests(byte[] digestList) {
    ByteBuffer wire = ByteBuffer.wrap(digestList);
    int count = wire.getInt();
    List<byte[]> digests = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] digest = new byte[Short.toUnsignedInt(wire.getShort())];
      wire.get(digest);
      digests.add(digest);
    }
    return digests;
  }

  void extendPcr(int pcr, PcrBank bank, byte[] digest) throws TpmException {
    commands.extendPcr(pcr, new Template.Wire().u32(1).u16(bank.algorithm()).raw(digest).bytes());
  }

  SignedAttest quote(byte[] selection, byte[] qualifyingData) throws TpmException {
    return commands.quote(requireAttestationKey().handle(), qualifyingData, selection);
  }

  WrappedKey createInstanceKey() throws TpmException {
    return commands.create(requireStorageRoot(), INSTANCE_KEY);
  }

  InstanceKey loadInstanceKey(Tpm tpm, WrappedKey wrapped) throws TpmException {
    int handle = commands.load(requireStorageRoot(), wrapped);
    boolean kept = false;
    try {
      InstanceKey key = new InstanceKey(tpm, commands.readPublic(handle));
      if (!INSTANCE_KEY.made(key.publicArea())) {
        throw TpmException.content(
            "an instance key must be a P-256 signing key fixed to its TPM, was another kind of key:"
                + " remove the file, and a new key is made");
      }
      kept = loaded.add(key);
      return key;
    } finally {
      if (!kept) {
        context.flush(handle);
      }
    }
  }

  byte[] sign(InstanceKey key, byte[] sha256) throws TpmException {
    requireLoaded(key);
    return EcdsaSignature.p1363(commands.sign(key.handle(), sha256));
  }

  SignedAttest certify(InstanceKey key, byte[] qualifyingData) throws TpmException {
    requireLoaded(key);
    return commands.certify(key.handle(), requireAttestationKey().handle(), qualifyingData);
  }

  void unload(InstanceKey key) {
    if (loaded.remove(key)) {
      context.flush(key.handle());
    }
  }

  void unloadAll() {
    List.copyOf(loaded).forEach(this::unload);
  }

  OptionalLong unsealCounter() throws TpmException {
    return counter.read();
  }

  long raiseUnsealCounter() throws TpmException {
    return counter.raiseOrMake();
  }

  /** Of the storage root key's name and the index's: a TPM that was cleared has another key. */
  byte[] rollbackCounterIdentity(int index) throws TpmException {
    return PolicyDigest.sha256(
        new Template.Wire()
            .raw(ROLLBACK_IDENTITY)
            .sized(commands.name(requireStorageRoot()))
            .sized(NvCounter.Place.rollback(index).name())
            .bytes());
  }

  NvCounter rollbackCounter(int index) {
    return new NvCounter(context, commands, nvCommands, NvCounter.Place.rollback(index));
  }

  SealedData seal(byte[] secret, ApproverKey approver) throws TpmException {
    return sealing.seal(requireStorageRoot(), secret, approver);
  }

  /**
   * What needs no session is compared first, so that a refusal says what differs. The counter comes
   * before the storage root key: in a TPM that was cleared no key is made.
   */
  UnsealOutcome unseal(SealedData data, ApprovedPolicy approved) throws TpmException {
    UnsealPolicy policy = approved.policy();
    if (!data.approver().verifies(data.statement(policy), approved.signature())) {
      return new UnsealOutcome.NotApproved();
    }
    OptionalLong count = counter.read();
    if (count.isEmpty()) {
      return new UnsealOutcome.OtherTpm();
    }
    int root = requireStorageRoot();
    if (!Arrays.equals(commands.name(root), data.parentName())) {
      return new UnsealOutcome.OtherTpm();
    }
    if (count.getAsLong() != policy.counter()) {
      return new UnsealOutcome.CounterDiffers(policy.counter(), count.getAsLong());
    }
    List<UnsealOutcome.PcrDifference> differences =
        UnsealOutcome.PcrDifference.between(policy.pcrs(), readPcrs(policy.selection()).values());
    if (!differences.isEmpty()) {
      return new UnsealOutcome.PcrsDiffer(differences);
    }
    return counter.with(index -> sealing.unseal(root, index, data, approved));
  }

  TpmClock readClock() throws TpmException {
    return TpmClock.parse(commands.readClock());
  }

  private Commands.Loaded requireAttestationKey() throws TpmException {
    if (attestationKey.isEmpty()) {
      Commands.Loaded key =
          findOrKeep(Tpm.ATTESTATION_KEY_HANDLE, ESYS_TR_RH_ENDORSEMENT, ATTESTATION_KEY);
      if (!ATTESTATION_KEY.made(key.publicArea())) {
        throw occupied(Tpm.ATTESTATION_KEY_HANDLE, "Writ's attestation key");
      }
      attestationKey = Optional.of(key);
    }
    return attestationKey.get();
  }

  /** Whatever storage root key the host was given does; only where there is none is one made. */
  private int requireStorageRoot() throws TpmException {
    if (storageRoot.isEmpty()) {
      Commands.Loaded key = findOrKeep(Tpm.STORAGE_ROOT_HANDLE, ESYS_TR_RH_OWNER, STORAGE_ROOT);
      if (!Template.has(
          key.publicArea(),
          EnumSet.of(Attribute.FIXED_TPM, Attribute.RESTRICTED, Attribute.DECRYPT))) {
        throw occupied(Tpm.STORAGE_ROOT_HANDLE, "a storage root key");
      }
      storageRoot = OptionalInt.of(key.handle());
    }
    return storageRoot.getAsInt();
  }

  private Commands.Loaded findOrKeep(int persistentHandle, int hierarchy, Template template)
      throws TpmException {
    OptionalInt found = commands.find(persistentHandle);
    if (found.isPresent()) {
      return commands.readPublic(found.getAsInt());
    }
    try (Frame frame = new Frame()) {
      Commands.Loaded key = commands.createPrimary(frame, hierarchy, template);
      return new Commands.Loaded(
          commands.persist(key.handle(), persistentHandle), key.publicArea(), key.name());
    }
  }

  private static TpmException occupied(int handle, String expected) {
    return TpmException.content(
        String.format(
            "the TPM's persistent handle 0x%08x must hold %s, and holds another key: if nothing needs"
                + " that one, remove it with tpm2_evictcontrol -c 0x%08x",
            handle, expected, handle));
  }

  private void requireLoaded(InstanceKey key) {
    if (!loaded.contains(key)) {
      throw new IllegalStateException("this instance key was closed; this is a bug of the caller");
    }
  }

  private static Set<Attribute> with(Set<Attribute> attributes, Attribute... more) {
    EnumSet<Attribute> all = EnumSet.copyOf(attributes);
    all.addAll(List.of(more));
    return all;
  }
}
