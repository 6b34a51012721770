'use strict';
/* Every sentence that this page says, in Japanese and English. {0}, {1} … stand for what goes into it. */

const WORDS = {
	/* why a bundle is bad: after the name of a file, or the number of an entry */
	missing: ['ありません', 'is missing'],
	long: ['ありえない長さです', 'is longer than it can be'],
	genesisForm: ['起点の書（genesis）ではありません', 'is not a genesis note, or its signatures do not fit'],
	genesisForeign: ['指定された起点とは別の記録簿のものです', 'is of another log than the genesis given'],
	checkpointForm: ['この記録簿のチェックポイントではありません', 'is not a checkpoint of this log'],
	checkpointWitnessed: ['checkpoint.logから始まり署名の行だけが続く、という形になっていません',
		'does not begin with checkpoint.log and go on with signature lines only'],
	rangeForm: ['範囲が形式どおりに書かれていません', 'is not a range of this log'],
	tileEntries: ['記録の途中で終わっているか、長さが変えられています', 'ends in the middle of an entry, or a length was changed'],
	tileHashes: ['記録から求めた値と違います', 'is not what the entries give'],
	certificate: ['前のエポックと本体の鍵による、次の鍵の証明書ではありません',
		'is not the certificate of this epoch, signed by the epoch before and the identity'],
	closingForm: ['このエポックを閉じるチェックポイントではありません',
		'is not a closing checkpoint signed by its epoch and the identity'],
	closingRoot: ['記録番号{0}より前の記録と合いません', 'does not fit the entries before entry {0}'],
	closingOrder: ['前のエポックより後、記録簿の終わりより前になっていません', 'does not lie after the epoch before and within the log'],
	headSigners: ['最後の記録のエポック{0}の鍵と本体の鍵で署名されていません',
		'is not signed by epoch {0}, which the last entry names, and the identity'],
	headRoot: ['記録から求めた値と違います', 'is not what the entries give'],
	lineMissing: ['記録番号{1}の「{0}」の行が足りません', 'the line for “{0}” of entry {1} is missing'],
	lineForm: ['記録番号{1}の「{0}」の行がないか、変えられています', 'the line for “{0}” of entry {1} is missing or was changed'],
	lineTooMany: ['余分な行があります', 'has a line too many'],
	policyFile: ['この記録簿の検証方針ではありません', 'is not the policy of this log'],
	proofForm: ['包含証明の形になっていません', 'is not a proof of this entry with this checkpoint'],
	proofRoot: ['証明が成り立ちません', 'does not prove the entry'],
	witnessedForm: ['その件数のチェックポイントに立会人の署名が続く、という形になっていません',
		'is not the checkpoint of this size with lines of witnesses'],
	cosignature: ['立会人{0}の署名が合いません', 'the signature of the witness {0} does not fit'],
	blob: ['名前どおりのファイルではありません。変えられています', 'is not the file of this name: it was changed'],
	stray: ['この記録簿のどの記録にもどの期にも属さないファイルです', 'belongs to no entry and no epoch of this log'],
	entryForm: ['{0}行目が記録の形になっていません', 'line {0} is not as an entry has it'],
	entryNumber: ['数が大きすぎます', 'a number is too large'],
	entrySeq: ['番号が{0}と書かれています', 'it says that its number is {0}'],
	entryPrev: ['前の記録とつながっていません。この記録か前の記録が、変えられたか抜かれています',
		'it does not follow the entry before: one of the two was changed or removed'],
	entryFirst: ['最初の記録は、エポック1と起動回数1で始まらなければなりません', 'the first entry must begin epoch 1 with boot 1'],
	entryEpoch: ['エポックが前の記録から続いていません', 'its epoch does not follow from the entry before'],
	entryBoot: ['起動回数が前の記録から続いていません', 'its boot does not follow from the entry before'],
	entryLeaf: ['ハッシュのタイルにある値と違います', 'it is not the one that the hash tiles name'],
	epochBody: ['エポックの始まりの内容が、証明書と合いません', 'what it says of the beginning epoch does not fit the certificate'],
	continues: ['前の記録簿についての内容が形式どおりではありません', 'what it says of the logs before is not as the format wants'],
	bodyForm: ['本体（body）が形式どおりではありません', 'its body is not as the format wants'],
	bodyRedacted: ['本体（body）が消去されたことになっています。ありえません', 'its body is said to be erased, which cannot be'],
	disclosureHash: ['「{0}」の内容が、記録されたものと違います', '“{0}” is not what was recorded'],
	disclosureForm: ['「{0}」の内容が形式どおりではありません', '“{0}” is not as the format wants'],
	redactedByNobody: ['消去されたことになっていますが、消去の記録がありません', 'a text is said to be erased, and no entry erased it'],
	zipBroken: ['ZIPファイルが壊れているか、この形式のものではありません', 'the ZIP file is broken or not as the format wants'],
	zipPacked: ['圧縮または暗号化されています。書き出したままのZIPを選んでください',
		'is compressed or encrypted; choose the ZIP file as it was exported'],
	zipMember: ['ZIPファイルの中で壊れています', 'is damaged inside the ZIP file'],
	zipName: ['ファイル名が許されない形です', 'has a name that may not be'],
	zipTwice: ['同じ名前のファイルが2つあります', 'is there twice'],
	olderSize: ['以前のチェックポイント（{0}件）は、この記録簿のものではないか、この束より新しいものです',
		'the older checkpoint ({0} entries) is of another log, or newer than this bundle'],
	olderRoot: ['最初の{0}件が、以前のチェックポイントのときと違います', 'the first {0} entries are not those of the older checkpoint'],
	paperSize: ['紙の符号は{0}件のときのもので、この束の記録の数と合いません', 'the paper code is of {0} entries, which this bundle does not have'],
	paperCode: ['最初の{0}件が、紙の符号と合いません', 'the first {0} entries do not fit the code on paper'],
	policyLog: ['検証方針に、この記録簿の鍵がありません', 'the policy does not name the key of this log'],
	policyQuorum: ['検証方針が求める立会人の署名がそろっていません', 'the witnesses that the policy asks for have not all signed'],

	/* why nothing can be told */
	noGenesis: ['中身に誤りはありませんが、どこの記録簿か判断できません。紙に控えた起点の符号を入れてください',
		'nothing is wrong inside, but whose log it is cannot be told: give the genesis code on paper'],
	noZip: ['書き出した束（ZIPファイル）ではありません', 'this file is not a bundle (a ZIP file)'],
	unreadable: ['読めませんでした（{0}）', 'it cannot be read ({0})'],
	pinGenesisNote: ['起点のファイルが、起点の書（genesis）ではありません', 'the genesis file is not a genesis note'],
	pinGenesisCode: ['起点の符号は、英字A～Zと数字2～7で20字以上です', 'a genesis code has 20 or more letters A-Z and digits 2-7'],
	pinOlder: ['以前のチェックポイントのファイルが、チェックポイントではありません', 'the file of the older checkpoint is not a checkpoint'],
	pinPaper: ['紙の符号は「1234-ABCDE-FGHIJ-KLMNO-PQRST」のような形です', 'a paper code looks like 1234-ABCDE-FGHIJ-KLMNO-PQRST'],
	pinPolicy: ['検証方針のファイルが、形式どおりではありません', 'the policy file is not as the format wants'],

	/* where */
	atEntry: ['記録番号{0}: {1}', 'entry {0}: {1}'],
	atFile: ['{0}: {1}', '{0}: {1}'],
};

function sentence(language, name, ...values) {
	const text = (WORDS[name] ?? [name, name])[language === 'en' ? 1 : 0];

	return text.replace(/\{([0-9])\}/g, (_, i) => values[i] ?? '');
}

/* Why the verdict is what it is, or '' when it is good. */
function reasonOf(report, language) {
	if (report.words === undefined)
		return '';
	const why = sentence(language, ...report.words);
	if (report.entry !== undefined)
		return sentence(language, 'atEntry', report.entry, why);
	return report.file === undefined ? why : sentence(language, 'atFile', report.file, why);
}

/* The object that kannuki-verify --json prints. */
function jsonOf(report, language) {
	const some = (value) => value || undefined;

	return {
		verdict: report.verdict, reason: some(reasonOf(report, language)), entry: report.entry, file: report.file,
		origin: some(report.origin), genesis: some(report.genesis), size: report.size, root: some(report.root),
		from: report.range?.from, to: report.range?.to, entries_checked: report.entriesChecked, epochs: report.epochs,
		disclosed: report.disclosed, withheld: report.withheld, redacted: report.redacted,
		redacted_elsewhere: some(report.redactedElsewhere), blobs_checked: report.blobsChecked,
		blobs_absent: report.blobsAbsent, blobs_encrypted: some(report.blobsEncrypted), proofs: some(report.proofs),
		since: report.since, paper: report.paper, witnessed: report.witnessedSize,
		continues: report.continues.length > 0 ? report.continues : undefined,
		unchecked_witness_lines: report.witnessLines, foreign_files: report.foreign,
	};
}
