export class PlayerReceiver {
  static open(): Promise<PlayerReceiver>;
  close(): Promise<void>;
}
